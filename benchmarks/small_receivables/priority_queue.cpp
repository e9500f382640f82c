// The small receivables model in C++17 around std::priority_queue: prints a run's totals as JSON, and what it took.
//
//     priority_queue CUSTOMERS DAYS SEED CALLS_A_DAY
//
// An event is one 64-bit number, so that comparing two is one instruction. Pushed is only what will happen next: when
// an invoice is made and at each call its payment is drawn, and pushed unless the next call or the write-off comes
// first. Only an invoice that waits for its call has two things ahead. What the call overtakes stays in the queue and
// is passed over: the number of calls that an event carries is its version.

#include <algorithm>
#include <chrono>
#include <cinttypes>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <deque>
#include <functional>
#include <queue>
#include <vector>

namespace {

constexpr double order_gap_days = 30.0;
constexpr double log_amount_mean = 8.0, log_amount_sd = 0.8;
constexpr std::int64_t credit_limit_cents = 2'000'000;
constexpr int terms_days = 30;
constexpr int pays_before_due_days = 5;
constexpr double pay_mean_days = 15.0;
constexpr double never_share = 0.01;
constexpr int call_late_days[] = {10, 30};
constexpr int calls_at_most = 2;
constexpr int write_off_late_days = 120;
constexpr int customers_a_collector = 500;
constexpr int never = 1 << 20;  // a day that does not come

// xoshiro256++ 1.0 of Blackman and Vigna, seeded by splitmix64.
class Chance {
public:
    explicit Chance(std::uint64_t seed) {
        for (auto& word : state) {
            seed += 0x9e3779b97f4a7c15;
            std::uint64_t z = seed;
            z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
            z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
            word = z ^ (z >> 31);
        }
    }

    // Uniform in (0, 1).
    double uniform() { return (static_cast<double>(next() >> 11) + 0.5) * 0x1.0p-53; }

    double exponential() { return -std::log(uniform()); }

    // Standard normal by Marsaglia's polar method; the second of each pair is kept.
    double normal() {
        if (has_spare) {
            has_spare = false;
            return spare;
        }
        double x, y, r2;
        do {
            x = 2.0 * uniform() - 1.0;
            y = 2.0 * uniform() - 1.0;
            r2 = x * x + y * y;
        } while (r2 >= 1.0 || r2 == 0.0);
        const double scale = std::sqrt(-2.0 * std::log(r2) / r2);
        spare = y * scale;
        has_spare = true;
        return x * scale;
    }

private:
    std::uint64_t state[4];
    double spare = 0.0;
    bool has_spare = false;

    static std::uint64_t rotl(std::uint64_t x, int k) { return (x << k) | (x >> (64 - k)); }

    std::uint64_t next() {
        const std::uint64_t result = rotl(state[0] + state[3], 23) + state[0];
        const std::uint64_t t = state[1] << 17;
        state[2] ^= state[0];
        state[3] ^= state[1];
        state[1] ^= state[2];
        state[0] ^= state[3];
        state[2] ^= t;
        state[3] = rotl(state[3], 45);
        return result;
    }
};

// What happens on a day, in this order.
enum Phase : std::uint64_t { order, payment, desk_opens, call_due, write_off };

// day (24 bits) | phase (4) | calls made when it was pushed (4) | customer or invoice (32)
using Event = std::uint64_t;

Event make_event(int day, Phase phase, unsigned calls, std::uint32_t who) {
    return static_cast<Event>(day) << 40 | phase << 36 | static_cast<Event>(calls) << 32 | who;
}

struct Invoice {
    std::uint32_t customer;
    std::int32_t cents;
    std::int16_t due;
    std::uint8_t calls;
    bool never_pays;
    bool open;
};

struct Totals {
    std::int64_t orders, refused, invoiced, payments, receipts, calls, write_offs, receivables;
};

class Office {
public:
    Office(std::uint32_t customers, std::uint64_t seed, int calls_a_day)
        : chance(seed),
          desk_calls(std::max<int>(1, customers / customers_a_collector) * calls_a_day),
          owed_cents(customers),
          arrival(customers) {
        std::vector<Event> heap;
        heap.reserve(4 * std::size_t{customers});
        agenda = Agenda(std::greater<>{}, std::move(heap));
        for (std::uint32_t customer = 0; customer < customers; ++customer) await_order(customer);
        agenda.push(make_event(0, desk_opens, 0, 0));
    }

    Totals run(int days) {
        while (static_cast<int>(agenda.top() >> 40) < days) {
            const Event event = agenda.top();
            agenda.pop();
            happen(static_cast<int>(event >> 40), static_cast<Phase>(event >> 36 & 15), event >> 32 & 15,
                   static_cast<std::uint32_t>(event));
        }
        for (const auto cents : owed_cents) totals.receivables += cents;
        return totals;
    }

private:
    using Agenda = std::priority_queue<Event, std::vector<Event>, std::greater<>>;

    Chance chance;
    Agenda agenda;
    const int desk_calls;
    int calls_left = 0;
    std::vector<std::int64_t> owed_cents;
    std::vector<double> arrival;  // of a customer's next order
    std::vector<Invoice> invoices;
    std::deque<std::uint32_t> waiting;  // for a call; some may be closed
    Totals totals{};

    void happen(int day, Phase phase, unsigned calls, std::uint32_t who) {
        switch (phase) {
            case order:
                take_order(who, day);
                await_order(who);
                break;
            case payment:
            case write_off: settle(invoices[who], phase, calls); break;
            case desk_opens: open_desk(day); break;
            case call_due: queue_call(who, day); break;
        }
    }

    void await_order(std::uint32_t customer) {
        arrival[customer] += order_gap_days * chance.exponential();
        agenda.push(make_event(static_cast<int>(arrival[customer]), order, 0, customer));
    }

    void take_order(std::uint32_t customer, int day) {
        const std::int64_t cents = std::llround(100.0 * std::exp(log_amount_mean + log_amount_sd * chance.normal()));
        ++totals.orders;
        if (owed_cents[customer] + cents > credit_limit_cents) {
            ++totals.refused;
            return;
        }
        owed_cents[customer] += cents;
        totals.invoiced += cents;
        const bool never_pays = chance.uniform() < never_share;
        invoices.push_back({customer, static_cast<std::int32_t>(cents), static_cast<std::int16_t>(day + terms_days), 0,
                            never_pays, true});
        await_next(static_cast<std::uint32_t>(invoices.size() - 1), day + terms_days - pays_before_due_days);
    }

    // First day of payment from `first_day` on, if nothing changes.
    int pay_day(const Invoice& invoice, int first_day) {
        if (invoice.never_pays) return never;
        return first_day + static_cast<int>(chance.exponential() * pay_mean_days / (1 << invoice.calls));
    }

    // Day on which the next call is queued, `first_day` at the earliest.
    static int call_day(const Invoice& invoice, int first_day) {
        if (invoice.calls == calls_at_most) return never;
        return std::max(invoice.due + call_late_days[invoice.calls], first_day);
    }

    // Push what will happen to an invoice that is open before `first_day`.
    void await_next(std::uint32_t number, int first_day) {
        const Invoice& invoice = invoices[number];
        const int last_day = invoice.due + write_off_late_days;
        const int paid = pay_day(invoice, first_day);
        const int called = call_day(invoice, first_day);
        if (called < paid && called <= last_day)
            agenda.push(make_event(called, call_due, invoice.calls, number));
        else
            await_end(number, paid);
    }

    // Push the payment, or the write-off where that comes first.
    void await_end(std::uint32_t number, int paid) {
        const Invoice& invoice = invoices[number];
        const int last_day = invoice.due + write_off_late_days;
        if (paid <= last_day)
            agenda.push(make_event(paid, payment, invoice.calls, number));
        else
            agenda.push(make_event(last_day, write_off, invoice.calls, number));
    }

    // Take the money in or give it up, unless the invoice is closed or was called since.
    void settle(Invoice& invoice, Phase phase, unsigned calls) {
        if (!invoice.open || invoice.calls != calls) return;
        invoice.open = false;
        owed_cents[invoice.customer] -= invoice.cents;
        if (phase == payment) {
            ++totals.payments;
            totals.receipts += invoice.cents;
        } else {
            ++totals.write_offs;
        }
    }

    // The desk calls first what was left of the days before.
    void open_desk(int day) {
        calls_left = desk_calls;
        while (calls_left > 0 && !waiting.empty()) {
            const std::uint32_t number = waiting.front();
            waiting.pop_front();
            if (invoices[number].open) call(number, day);
        }
        agenda.push(make_event(day + 1, desk_opens, 0, 0));
    }

    // Called at once, or else it waits, and may be paid or written off while it does.
    void queue_call(std::uint32_t number, int day) {
        if (calls_left > 0) return call(number, day);
        waiting.push_back(number);
        await_end(number, pay_day(invoices[number], day + 1));
    }

    void call(std::uint32_t number, int day) {
        --calls_left;
        ++totals.calls;
        ++invoices[number].calls;
        await_next(number, day + 1);
    }
};

void print(const Totals& t, double seconds, double processor_seconds) {
    std::printf("{\"orders\": %" PRId64 ", \"refused\": %" PRId64 ", \"invoiced\": %" PRId64 ", \"receipts\": %" PRId64
                ", \"calls\": %" PRId64 ", \"write_offs\": %" PRId64 ", \"events\": %" PRId64
                ", \"receivables\": %" PRId64 ", \"seconds\": %.9f, \"processor_seconds\": %.9f}\n",
                t.orders, t.refused, t.invoiced, t.receipts, t.calls, t.write_offs,
                t.orders + t.payments + t.calls + t.write_offs, t.receivables, seconds, processor_seconds);
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 5) {
        std::fprintf(stderr, "usage: priority_queue CUSTOMERS DAYS SEED CALLS_A_DAY\n");
        return 2;
    }
    const auto begun = std::chrono::steady_clock::now();
    const std::clock_t clock_begun = std::clock();
    Office office(std::strtoul(argv[1], nullptr, 10), std::strtoull(argv[3], nullptr, 10), std::atoi(argv[4]));
    const Totals totals = office.run(std::atoi(argv[2]));
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begun;
    print(totals, seconds.count(), static_cast<double>(std::clock() - clock_begun) / CLOCKS_PER_SEC);
}
