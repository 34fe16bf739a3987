//! What the choices come to: the configuration of the service.

use super::{
    choices::Choices,
    chosen::{ChoiceError, Chosen, Picked, GROUP},
    entry::allowed,
    span::Span,
};
use cloister_engine::{FeeRates, Rules};
use cloister_ledger::SolvencyShape;
use cloister_runtime::configs::cloister::{MaxRiskAge, MaxTimeBehind};
use cloister_sequencer::{
    entry::EntryConfig,
    limits::{Limits, Rate},
    BudgetTerms, GateTerms, LiquidationPolicy, SequencerConfig, StreamConfig,
};
use std::{fmt::Display, time::Duration};

/// What proving a batch and including it take in any case.
const LEAST_MARGIN: Duration = Duration::from_secs(10);
/// Largest fee that an operator can set, millionths: a tenth of the price.
const MOST_FEE: u32 = 100_000;
/// The mark, of which the collar is so many parts.
const MILLION: u32 = 1_000_000;
/// Highest fees that buy a unit, 10^-6 of the settlement asset: 1,000 of it.
const MOST_UNIT_FEE: u64 = 1_000_000_000;
/// Largest discount at which liquidated lots go, millionths: a tenth of the mark, as on the chain.
const MOST_DISCOUNT: u32 = 100_000;

impl Chosen {
    /// The configuration of the service. Without a choice a development chain makes rounds, with the development shape.
    ///
    /// # Errors
    /// The first [`ChoiceError`].
    pub fn config(&self, development: bool) -> Result<SequencerConfig, ChoiceError> {
        let group = self.pick("group", |c| &c.group, GROUP).value;
        let default = SequencerConfig::new(group);
        let fee = |name, field: fn(&Choices) -> &Option<u32>, default| {
            self.within(name, field, default, (0, MOST_FEE))
                .map(|picked| picked.value)
        };
        let span = |name, field: fn(&Choices) -> &Option<Span>, default, least, most| {
            self.within(name, field, Span(default), (Span(least), Span(most)))
        };
        let value = |picked: Picked<Span>| picked.value.0;
        let (ms, s) = (Duration::from_millis, Duration::from_secs);
        let table_age = Duration::from_millis(MaxRiskAge::get());
        let behind = Duration::from_millis(MaxTimeBehind::get()).saturating_sub(LEAST_MARGIN);

        let patience = span(
            "table-patience",
            |c| &c.table_patience,
            default.table_patience,
            s(0),
            table_age,
        )?;
        let age = span(
            "max-table-age",
            |c| &c.max_table_age,
            default.max_table_age,
            s(10),
            table_age,
        )?;
        let margin = span(
            "table-margin",
            |c| &c.table_margin,
            default.table_margin,
            LEAST_MARGIN,
            table_age,
        )?;
        let sum = age.value.0.saturating_add(margin.value.0);
        if sum > table_age {
            return Err(ChoiceError::Sum {
                first: age.place,
                second: margin.place,
                sum: Span(sum),
                most: Span(table_age),
            });
        }
        if patience.value > age.value {
            return Err(ChoiceError::Order {
                place: patience.place,
                value: patience.value,
                bound: age.place,
                most: age.value,
            });
        }
        let (shapes, _) = self.list("shape", |c| &c.shape);
        Ok(SequencerConfig {
            group,
            shapes: shapes.iter().map(|name| name.shape()).collect(),
            fees: FeeRates {
                maker: fee("maker-fee", |c| &c.maker_fee, default.fees.maker)?,
                taker: fee("taker-fee", |c| &c.taker_fee, default.fees.taker)?,
            },
            payee: self.get(|c| &c.payee).map(Into::into),
            rules: self.rules(default.rules)?,
            gate: self.gate(default.gate)?,
            unit_budget: self.unit_budget(default.unit_budget)?,
            max_waiting: self
                .within("max-waiting", |c| &c.max_waiting, default.max_waiting, (1, 100_000))
                .map(|picked| picked.value)?,
            two_blocks: span("two-blocks", |c| &c.two_blocks, default.two_blocks, s(1), s(60)).map(value)?,
            batch_age: span("batch-age", |c| &c.batch_age, default.batch_age, ms(100), s(60)).map(value)?,
            poll: span("poll", |c| &c.poll, default.poll, ms(20), s(10)).map(value)?,
            settlement_slack: span(
                "settlement-slack",
                |c| &c.settlement_slack,
                default.settlement_slack,
                s(10),
                s(600),
            )
            .map(value)?,
            stale_after: span("stale-after", |c| &c.stale_after, default.stale_after, s(1), behind).map(value)?,
            table_patience: value(patience),
            max_table_age: value(age),
            table_margin: value(margin),
            max_backlog: span("max-backlog", |c| &c.max_backlog, default.max_backlog, s(1), s(600)).map(value)?,
            busy_patience: span(
                "busy-patience",
                |c| &c.busy_patience,
                default.busy_patience,
                s(0),
                s(600),
            )
            .map(value)?,
            sweep_every: self.given("sweep-every", |c| &c.sweep_every, (1, 1_000_000))?,
            solvency: self.rounds(development)?,
            round_patience: span(
                "round-patience",
                |c| &c.round_patience,
                default.round_patience,
                s(0),
                s(3_600),
            )
            .map(value)?,
            round_pause: span("round-pause", |c| &c.round_pause, default.round_pause, s(0), s(3_600)).map(value)?,
            history: self
                .within("history", |c| &c.history, default.history, (1_000, 10_000_000))
                .map(|picked| picked.value)?,
            backoff: span("backoff", |c| &c.backoff, default.backoff, ms(10), s(60)).map(value)?,
            // The node's own folder, which nobody chooses.
            folder: default.folder,
            checkpoint_batches: self.number(
                "checkpoint-batches",
                |c| &c.checkpoint_batches,
                default.checkpoint_batches,
                (1, 100_000),
            )?,
            checkpoint_age: span(
                "checkpoint-age",
                |c| &c.checkpoint_age,
                default.checkpoint_age,
                s(10),
                s(86_400),
            )
            .map(value)?,
            journal_queue: self.number(
                "journal-queue",
                |c| &c.journal_queue,
                default.journal_queue,
                (100, 1_000_000),
            )?,
            snapshot_every: self.number(
                "snapshot-every",
                |c| &c.snapshot_every,
                default.snapshot_every,
                (1_000, 100_000_000),
            )?,
            tape_interval: span(
                "tape-interval",
                |c| &c.tape_interval,
                default.tape_interval,
                ms(1),
                s(60),
            )
            .map(value)?,
            tape_delay: span("tape-delay", |c| &c.tape_delay, default.tape_delay, s(0), s(3_600)).map(value)?,
            closings_interval: span(
                "liquidations-interval",
                |c| &c.liquidations_interval,
                default.closings_interval,
                ms(1),
                s(3_600),
            )
            .map(value)?,
            closings_delay: span(
                "liquidations-delay",
                |c| &c.liquidations_delay,
                default.closings_delay,
                s(0),
                s(3_600),
            )
            .map(value)?,
            streams: self.streams(default.streams)?,
            limits: self.limits(default.limits)?,
            liquidation: self.liquidation(default.liquidation)?,
            liquidation_batches: self.number(
                "liquidation-batches",
                |c| &c.liquidation_batches,
                default.liquidation_batches,
                (1, 64),
            )?,
        })
    }

    /// A number between two others.
    fn number<T: Clone + PartialOrd + Display>(
        &self,
        name: &'static str,
        field: impl Fn(&Choices) -> &Option<T>,
        default: T,
        bounds: (T, T),
    ) -> Result<T, ChoiceError> {
        self.within(name, field, default, bounds).map(|picked| picked.value)
    }

    /// What followers of streams get.
    fn streams(&self, default: StreamConfig) -> Result<StreamConfig, ChoiceError> {
        let span = |name, field: fn(&Choices) -> &Option<Span>, default, (least, most)| {
            let bounds = (Span(Duration::from_millis(least)), Span(Duration::from_millis(most)));
            self.number(name, field, Span(default), bounds).map(|span| span.0)
        };
        let count =
            |name, field: fn(&Choices) -> &Option<usize>, default| self.number(name, field, default, (8, 1_000_000));
        Ok(StreamConfig {
            interval: span(
                "stream-interval",
                |c| &c.stream_interval,
                default.interval,
                (10, 10_000),
            )?,
            queue: count("stream-queue", |c| &c.stream_queue, default.queue)?,
            market_messages: count(
                "stream-market-messages",
                |c| &c.stream_market_messages,
                default.market_messages,
            )?,
            account_messages: count(
                "stream-account-messages",
                |c| &c.stream_account_messages,
                default.account_messages,
            )?,
            patience: span(
                "stream-patience",
                |c| &c.stream_patience,
                default.patience,
                (100, 600_000),
            )?,
            memory: span("stream-memory", |c| &c.stream_memory, default.memory, (0, 86_400_000))?,
            open_interest_interval: span(
                "open-interest-interval",
                |c| &c.open_interest_interval,
                default.open_interest_interval,
                (1_000, 86_400_000),
            )?,
            open_interest_delay: span(
                "open-interest-delay",
                |c| &c.open_interest_delay,
                default.open_interest_delay,
                (0, 3_600_000),
            )?,
            open_interest_holders: self.number(
                "open-interest-holders",
                |c| &c.open_interest_holders,
                default.open_interest_holders,
                (1, 1_000_000),
            )?,
        })
    }

    /// What one client may ask for.
    fn limits(&self, default: Limits) -> Result<Limits, ChoiceError> {
        let number =
            |name, field: fn(&Choices) -> &Option<u32>, default, bounds| self.number(name, field, default, bounds);
        let requests = (1, 1_000_000);
        let (account, address) = (default.account, default.address);
        Ok(Limits {
            account: Rate {
                per_second: number(
                    "limit-account-rate",
                    |c| &c.limit_account_rate,
                    account.per_second,
                    requests,
                )?,
                burst: number(
                    "limit-account-burst",
                    |c| &c.limit_account_burst,
                    account.burst,
                    requests,
                )?,
            },
            address: Rate {
                per_second: number(
                    "limit-address-rate",
                    |c| &c.limit_address_rate,
                    address.per_second,
                    requests,
                )?,
                burst: number(
                    "limit-address-burst",
                    |c| &c.limit_address_burst,
                    address.burst,
                    requests,
                )?,
            },
            connections: number(
                "limit-connections",
                |c| &c.limit_connections,
                default.connections,
                (1, 1_000_000),
            )?,
            connections_per_address: number(
                "limit-connections-per-address",
                |c| &c.limit_connections_per_address,
                default.connections_per_address,
                (1, 1_000_000),
            )?,
            subscriptions_per_connection: number(
                "limit-subscriptions",
                |c| &c.limit_subscriptions,
                default.subscriptions_per_connection,
                (1, 10_000),
            )?,
            request_bytes: number(
                "limit-request-bytes",
                |c| &c.limit_request_bytes,
                default.request_bytes,
                (4_096, 16_777_216),
            )?,
            answer_bytes: number(
                "limit-answer-bytes",
                |c| &c.limit_answer_bytes,
                default.answer_bytes,
                (262_144, 67_108_864),
            )?,
            calls_per_batch: number("limit-calls", |c| &c.limit_calls, default.calls_per_batch, (1, 1_000))?,
        })
    }

    /// Who takes what accounts must give up.
    fn liquidation(&self, default: LiquidationPolicy) -> Result<LiquidationPolicy, ChoiceError> {
        Ok(LiquidationPolicy {
            discount: self.number(
                "liquidation-discount",
                |c| &c.liquidation_discount,
                default.discount,
                (0, MOST_DISCOUNT),
            )?,
            house_leverage: self.number(
                "liquidation-house-leverage",
                |c| &c.liquidation_house_leverage,
                default.house_leverage,
                (0, 10_000),
            )?,
        })
    }

    /// The sequencer's own server, if it is to have one.
    ///
    /// # Errors
    /// [`ChoiceError::NoServer`].
    pub fn entry(&self, limits: Limits) -> Result<Option<EntryConfig>, ChoiceError> {
        let (proxies, proxies_at) = self.list("rpc-trusted-proxy", |c| &c.rpc_trusted_proxy);
        let (origins, origins_at) = self.list("rpc-origin", |c| &c.rpc_origin);
        let Some(listen) = self.get(|c| &c.rpc_listen) else {
            return match proxies_at.or(origins_at) {
                Some(place) => Err(ChoiceError::NoServer(place)),
                None => Ok(None),
            };
        };
        Ok(Some(EntryConfig {
            listen,
            limits,
            trusted_proxies: proxies.to_vec(),
            origins: allowed(origins),
        }))
    }

    /// House rules of orders.
    fn rules(&self, default: Rules) -> Result<Rules, ChoiceError> {
        let triggers = self.within("triggers", |c| &c.triggers, default.max_waiting, (1, 1_024))?;
        Ok(Rules {
            collar: self.given("collar", |c| &c.collar, (1, MILLION))?,
            max_waiting: triggers.value,
        })
    }

    /// How many units an account may cause.
    fn unit_budget(&self, default: BudgetTerms) -> Result<BudgetTerms, ChoiceError> {
        let units = |name, field: fn(&Choices) -> &Option<u32>, default| {
            self.within(name, field, default, (1, 10_000))
                .map(|picked| picked.value)
        };
        let fee = self.within("unit-fee", |c| &c.unit_fee, default.fee_per_unit, (0, MOST_UNIT_FEE))?;
        Ok(BudgetTerms {
            burst: units("unit-burst", |c| &c.unit_burst, default.burst)?,
            per_minute: units("unit-rate", |c| &c.unit_rate, default.per_minute)?,
            fee_per_unit: fee.value,
        })
    }

    /// When orders are refused because something behind them stands still.
    fn gate(&self, default: GateTerms) -> Result<GateTerms, ChoiceError> {
        let span = |name, field: fn(&Choices) -> &Option<Span>, default, (least, most)| {
            let bounds = (Span(Duration::from_secs(least)), Span(Duration::from_secs(most)));
            self.within(name, field, Span(default), bounds)
                .map(|picked| picked.value.0)
        };
        let table_age = MaxRiskAge::get() / 1_000;
        Ok(GateTerms {
            table_age: span(
                "gate-table-age",
                |c| &c.gate_table_age,
                default.table_age,
                (10, table_age),
            )?,
            unsettled_age: span(
                "gate-unsettled",
                |c| &c.gate_unsettled,
                default.unsettled_age,
                (10, 3_600),
            )?,
            finality_lag: span("gate-finality", |c| &c.gate_finality, default.finality_lag, (10, 3_600))?,
            round_lag: span("gate-round-lag", |c| &c.gate_round_lag, default.round_lag, (0, 86_400))?,
        })
    }

    fn rounds(&self, development: bool) -> Result<Option<SolvencyShape>, ChoiceError> {
        let shape = match self.get(|c| &c.solvency_proving_key) {
            Some(_) => Some(SolvencyShape::STANDARD),
            None => development.then_some(SolvencyShape::DEV),
        };
        let wanted = self.pick("rounds", |c| &c.rounds, shape.is_some());
        match (wanted.value, shape) {
            (false, _) => Ok(None),
            (true, None) => Err(ChoiceError::NoRoundKey(wanted.place)),
            (true, shape) => Ok(shape),
        }
    }
}
