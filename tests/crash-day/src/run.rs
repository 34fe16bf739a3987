//! The run: accounts, minutes, and an end at which everybody takes out what margin allows.

use crate::{
    acts::{act, ask, build_up, cancel_all, quote, take_out, Asked, Done},
    error::RunError,
    exchange::{until, Exchange, GROUP},
    history::History,
    people::{people, Person},
    setup::Setup,
};
use cloister_cli::progress::Progress;
use cloister_client::{
    audit::AssetHoldings,
    chain::{Chain, Until},
    funding::fund,
    seal::SealProver,
    sequencer::SequencerError,
    trader::{self, now, owner_of},
};
use cloister_client_core::{amount::show_money, keys::TraderKeys};
use cloister_ledger_testing::Random;
use cloister_liquidator::Holding;
use cloister_risk::RiskTable;
use cloister_runtime::AccountId;
use cloister_simulation::{
    makers::discount,
    prices::{clock, Bar, DOLLAR},
};
use futures::future::join_all;
use std::{
    collections::BTreeSet,
    time::{Duration, Instant},
};

/// What an owner gets beyond its first deposit, as a multiple of it: careful traders pay in more.
const FUNDS: u64 = 3;
/// What an owner gets for fees of the queue, 10^-6.
const FEES: u64 = 1_000 * DOLLAR;
/// Number of accounts that open at once: each seal is proven on this machine.
const OPENS: usize = 4;
/// Rounds in which the first traders build up their positions.
const OPENING_ROUNDS: usize = 2;
/// Traders after whom makers quote anew while positions are built up.
const REQUOTE: usize = 4;
/// Maximum number of batches that may wait when the next minute begins.
const BACKLOG: u32 = 2;
/// How long batches may take to be fewer.
const BACKLOG_PATIENCE: Duration = Duration::from_secs(600);
/// How long the sequencer may take to know accounts.
const OPEN_PATIENCE: Duration = Duration::from_secs(300);
/// How long it may take until nobody is short, once prices stand still.
const HEALING_PATIENCE: Duration = Duration::from_secs(180);
/// How long a solvency round may take: the sequencer makes the development parameters on first use.
const ROUND_PATIENCE: Duration = Duration::from_secs(900);

/// One minute as it was lived through.
#[derive(Clone, Debug)]
pub struct Minute {
    /// Start of the recorded minute.
    pub clock: String,
    /// Its last price, 10^-6 dollars for one coin.
    pub price: u64,
    /// The mark of a lot, 10^-6 dollars.
    pub mark: u64,
    /// When it was fed, milliseconds of Unix time.
    pub fed: u64,
    /// How long it took.
    pub took: Duration,
    /// What people did.
    pub done: Done,
}

/// A run, with everything that is needed to judge it.
pub struct Lived {
    /// The minutes; the first one begins with the building up of positions.
    pub minutes: Vec<Minute>,
    /// Who took part.
    pub people: Vec<Person>,
    /// Where the settlement asset was before anybody paid in.
    pub before: AssetHoldings,
    /// The chain's past, read back.
    pub history: History,
    /// Time that the minutes took, all together.
    pub took: Duration,
    /// The last risk table.
    pub table: RiskTable,
    /// When the last price was fed, milliseconds of Unix time.
    pub last_fed: u64,
}

/// Lives through the minutes of a setup on a fresh development chain, whose sequencer runs.
///
/// # Errors
/// [`RunError`].
pub async fn live(setup: &Setup, chain: &Chain, progress: &Progress) -> Result<Lived, RunError> {
    let first = setup.bars.first().ok_or(RunError::Empty)?;
    if setup.accounts < 2 {
        return Err(RunError::Empty);
    }
    let mut exchange = Exchange::start(chain, first.open, progress).await?;
    progress.say("node and sequencer are ready");
    let mut random = Random::new(setup.seed);
    let margin = exchange.instrument.margin_per_lot().max(1);
    let people = people(
        setup,
        exchange.instrument.mark().saturating_mul(100) / margin,
        &mut random,
    )?;
    let mut run = Run {
        setup,
        progress,
        people,
        random,
        seals: SealProver::of(chain, None).await?,
    };
    let before = run.open(&exchange).await?;
    let begin = Instant::now();
    let mut minutes: Vec<Minute> = Vec::new();
    let mut last = first.open;
    for (number, bar) in setup.bars.iter().enumerate() {
        minutes.push(run.minute(&mut exchange, number, bar, last).await?);
        last = bar.close;
    }
    let took = begin.elapsed();
    let last_fed = minutes.last().map_or(0, |minute| minute.fed);
    let rest = run.end(&mut exchange).await?;
    if let Some(minute) = minutes.last_mut() {
        minute.done.add(&rest);
    }
    let history = History::read(&exchange, &run.people, progress).await?;
    Ok(Lived {
        minutes,
        people: run.people,
        before,
        history,
        took,
        table: exchange.table,
        last_fed,
    })
}

struct Run<'s> {
    setup: &'s Setup,
    progress: &'s Progress,
    people: Vec<Person>,
    random: Random,
    seals: SealProver,
}

impl Run<'_> {
    /// Funds everybody, pays into the insurance, and opens the accounts of those who are there from the beginning.
    async fn open(&mut self, exchange: &Exchange) -> Result<AssetHoldings, RunError> {
        let sponsor = TraderKeys::from_seed(&self.random.bytes(), None)?;
        let funds = |person: &Person| person.drawn.deposit.saturating_mul(FUNDS).saturating_add(FEES);
        let mut owners: Vec<(AccountId, u64)> = self.people.iter().map(|p| (owner_of(&p.keys), funds(p))).collect();
        owners.push((owner_of(&sponsor), self.setup.insurance.saturating_add(FEES)));
        let chain = &exchange.chain;
        let funded = fund(chain, &owners).await?;
        let before = AssetHoldings::at(chain, GROUP, funded).await?;
        let first = self.people.iter().enumerate();
        let first: Vec<usize> = first.filter(|(_, p)| p.arrives.is_none()).map(|(at, _)| at).collect();
        self.arrive(exchange, &first).await?;
        if self.setup.insurance > 0 {
            trader::pay_insurance(chain, GROUP, &sponsor, self.setup.insurance, Until::InBlock).await?;
        }
        for person in &self.people {
            if let Some(account) = &person.account {
                exchange.sequencer.knows(account, OPEN_PATIENCE).await?;
            }
        }
        until("the queue was not taken", OPEN_PATIENCE, || async {
            Ok(chain.queue(GROUP, None).await?.is_empty().then_some(()))
        })
        .await?;
        self.progress.say(format!(
            "{} accounts are open; {} are in the insurance",
            first.len(),
            show_money(self.setup.insurance.into())
        ));
        Ok(before)
    }

    /// Queues the opens of some people.
    async fn arrive(&mut self, exchange: &Exchange, who: &[usize]) -> Result<(), RunError> {
        for some in who.chunks(OPENS) {
            let opening = some.iter().filter_map(|at| self.people.get(*at));
            let opens = opening.map(|person| {
                let (keys, deposit) = (&person.keys, person.drawn.deposit);
                trader::open(&exchange.chain, &self.seals, GROUP, keys, deposit, Until::InBlock)
            });
            let opened = join_all(opens).await;
            for (at, opened) in some.iter().zip(opened) {
                if let Some(person) = self.people.get_mut(*at) {
                    person.account = Some(opened?.trader);
                }
            }
        }
        Ok(())
    }

    /// One minute: a new price, new quotes, and some who act.
    async fn minute(
        &mut self,
        exchange: &mut Exchange,
        number: usize,
        bar: &Bar,
        last: u64,
    ) -> Result<Minute, RunError> {
        let begin = Instant::now();
        let (fed, mut done) = (now(), Done::default());
        if number == 0 {
            self.build_up(exchange, &mut done).await?;
        }
        exchange.move_to(bar.close).await?;
        let mark = exchange.instrument.mark();
        self.quote(exchange, discount(last, bar.close).into(), &mut done)
            .await?;
        let mut chosen = BTreeSet::new();
        for _ in 0..self.setup.active {
            chosen.insert(self.random.below(self.people.len() as u64) as usize);
        }
        let mut asked: Vec<Asked> = Vec::new();
        for at in chosen {
            if let Some(person) = self.people.get_mut(at).filter(|person| !person.is_maker()) {
                asked.extend(act(exchange, person, &mut self.random, &mut done).await?);
            }
        }
        ask(exchange, asked, &mut done).await?;
        let coming = self
            .people
            .iter()
            .enumerate()
            .filter(|(_, p)| p.arrives == Some(number));
        let coming: Vec<usize> = coming.map(|(at, _)| at).collect();
        self.arrive(exchange, &coming).await?;
        done.queued += coming.len() as u64;
        tokio::time::sleep(self.setup.pace.saturating_sub(begin.elapsed())).await;
        let waiting = self.keep_up(exchange).await?;
        let minute = Minute {
            clock: clock(bar.time),
            price: bar.close,
            mark,
            fed,
            took: begin.elapsed(),
            done,
        };
        self.progress.say(format!(
            "{}: mark {}, {} orders, {} batches wait, {:.1} s",
            minute.clock,
            show_money(bar.close.into()),
            minute.done.orders,
            waiting,
            minute.took.as_secs_f64()
        ));
        Ok(minute)
    }

    /// Longs and shorts take their positions in turn, and makers quote in between.
    async fn build_up(&mut self, exchange: &Exchange, done: &mut Done) -> Result<(), RunError> {
        for _ in 0..OPENING_ROUNDS {
            let traders: Vec<usize> = (0..self.people.len()).collect();
            for (count, at) in traders.into_iter().enumerate() {
                if count % REQUOTE == 0 {
                    self.quote(exchange, discount(1, 1).into(), done).await?;
                }
                if let Some(person) = self.people.get_mut(at).filter(|person| !person.is_maker()) {
                    build_up(exchange, person, done).await?;
                }
            }
            self.keep_up(exchange).await?;
        }
        Ok(())
    }

    async fn quote(&mut self, exchange: &Exchange, distance: u64, done: &mut Done) -> Result<(), RunError> {
        for maker in self.people.iter_mut().filter(|person| person.is_maker()) {
            quote(exchange, maker, distance, done).await?;
        }
        Ok(())
    }

    /// Waits until few batches wait. Returns how many.
    async fn keep_up(&self, exchange: &Exchange) -> Result<u32, RunError> {
        until("the proofs did not keep up", BACKLOG_PATIENCE, || async {
            match exchange.sequencer.backlog().await {
                Ok(backlog) => Ok(Some(backlog.batches).filter(|batches| *batches <= BACKLOG)),
                // What stops it may end by itself; if not, this ends in time.
                Err(SequencerError::Halted(_)) => Ok(None),
                Err(error) => Err(error.into()),
            }
        })
        .await
    }

    /// Everything is settled, and what people have asked the chain for is done.
    async fn settled(&self, exchange: &Exchange) -> Result<(), RunError> {
        until("the queue was not taken", BACKLOG_PATIENCE, || async {
            Ok(exchange.chain.queue(GROUP, None).await?.is_empty().then_some(()))
        })
        .await?;
        exchange.sequencer.settled(BACKLOG_PATIENCE, |_| {}).await?;
        Ok(())
    }

    /// Prices stand still: whoever is short is helped, everybody takes out what margin allows, empty accounts close,
    /// and a solvency round shows the rest.
    async fn end(&mut self, exchange: &mut Exchange) -> Result<Done, RunError> {
        let mut done = Done::default();
        for maker in self.people.iter_mut().filter(|person| person.is_maker()) {
            cancel_all(exchange, maker, &mut done).await?;
        }
        self.settled(exchange).await?;
        let healed = until("not everybody was helped", HEALING_PATIENCE, || async {
            Ok(self.nobody_is_short(exchange).await?.then_some(()))
        })
        .await;
        // Whoever is still short then is named by the verdict.
        if !matches!(healed, Ok(()) | Err(RunError::Late { .. })) {
            healed?;
        }
        self.settled(exchange).await?;
        self.pay_out(exchange, &mut done).await?;
        self.settled(exchange).await?;
        self.close(exchange, &mut done).await?;
        self.settled(exchange).await?;
        exchange.table = exchange.chain.latest_risk_table(GROUP, None).await?;
        let since = exchange.table.header.time;
        self.progress.say("everything is settled; waiting for a solvency round");
        until("no solvency round was complete", ROUND_PATIENCE, || async {
            let head = exchange.chain.finalized().await?;
            let round = exchange.chain.solvency(GROUP, Some(head)).await?.round;
            Ok(round.filter(|round| round.oldest_table >= since).map(drop))
        })
        .await?;
        Ok(done)
    }

    async fn nobody_is_short(&self, exchange: &Exchange) -> Result<bool, RunError> {
        let table = exchange.chain.latest_risk_table(GROUP, None).await?;
        for account in self.people.iter().filter_map(|person| person.account.as_ref()) {
            if let Some(info) = exchange.account(account).await? {
                if is_short(&table, &exchange.holding(&info)) {
                    return Ok(false);
                }
            }
        }
        Ok(true)
    }

    /// Everybody takes out what margin allows, signed and by force in turn.
    async fn pay_out(&mut self, exchange: &Exchange, done: &mut Done) -> Result<(), RunError> {
        let mut asked: Vec<Asked> = Vec::new();
        for (number, person) in self.people.iter_mut().enumerate() {
            let Some(account) = &person.account else {
                continue;
            };
            let Some(info) = exchange.account(account).await? else {
                continue;
            };
            let available = u64::try_from(info.available.get()).unwrap_or(u64::MAX);
            if available == 0 {
                continue;
            }
            // Who is flat leaves with all of it, so that its account can close.
            if number % 2 == 0 || info.positions.is_empty() {
                take_out(exchange, person, available, done).await?;
            } else {
                asked.push(Asked::Force(person.keys.clone(), available));
            }
        }
        ask(exchange, asked, done).await
    }

    /// Empty accounts close.
    async fn close(&mut self, exchange: &Exchange, done: &mut Done) -> Result<(), RunError> {
        let mut asked: Vec<Asked> = Vec::new();
        for person in &self.people {
            let Some(account) = &person.account else {
                continue;
            };
            let info = exchange.account(account).await?;
            if info.is_some_and(|info| info.positions.is_empty() && info.cash.get() == 0) {
                asked.push(Asked::Close(person.keys.clone()));
            }
        }
        ask(exchange, asked, done).await
    }
}

/// Below maintenance margin, or in debt.
pub fn is_short(table: &RiskTable, holding: &Holding) -> bool {
    holding.equity(table) < 0 || (!holding.is_flat() && holding.shortfall(table, table.header.maintenance) >= 1)
}
