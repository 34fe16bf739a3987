//! What an operator can choose, as flags and as keys of a file. A choice that is left out has its default.
//!
//! The defaults are those of [`SequencerConfig::new`](cloister_sequencer::SequencerConfig::new); a test compares them
//! with what the help says.

use super::{entry::Origin, span::Span};
use cloister_ledger::Shape;
use cloister_runtime::AccountId;
use serde::{de, Deserialize, Deserializer};
use std::{fmt, net::SocketAddr, path::PathBuf, str::FromStr};

/// Headings of the help.
pub mod heading {
    /// Whether there is a sequencer, and what of.
    pub const MAIN: &str = "Sequencer";
    /// Secrets and proving keys.
    pub const FILES: &str = "Sequencer: secrets and provers";
    /// What trading costs and who gets it.
    pub const FEES: &str = "Sequencer: fees";
    /// How orders are taken.
    pub const ORDERS: &str = "Sequencer: orders";
    /// When orders are refused because something behind them stands still.
    pub const GATE: &str = "Sequencer: health gate";
    /// What everybody sees, and what followers get.
    pub const TAPES: &str = "Sequencer: public tapes and streams";
    /// Where it listens.
    pub const SERVER: &str = "Sequencer: its own server";
    /// What one client may ask for.
    pub const LIMITS: &str = "Sequencer: limits of clients";
    /// How batches are made.
    pub const BATCHES: &str = "Sequencer: batches";
    /// Solvency rounds.
    pub const ROUNDS: &str = "Sequencer: solvency rounds";
    /// Who takes what accounts must give up.
    pub const LIQUIDATIONS: &str = "Sequencer: liquidations";
    /// What is kept, and when.
    pub const DISK: &str = "Sequencer: journal and checkpoints";
}

/// How many units a batch has, and how many orders and cancels of its account each of them takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum ShapeName {
    /// 9 units: proven in seconds on a laptop; a shape with public parameters.
    Dev,
    /// 4 units of 4 orders and cancels each, likewise.
    DevMaker,
    /// 22 units.
    Standard,
    /// 48 units.
    Large,
    /// 14 units of 8 orders and cancels each, for few accounts with many of them.
    Maker,
}

impl ShapeName {
    /// The shape of this name.
    pub fn shape(self) -> Shape {
        match self {
            Self::Dev => Shape::DEV,
            Self::DevMaker => Shape::DEV_MAKER,
            Self::Standard => Shape::STANDARD,
            Self::Large => Shape::LARGE,
            Self::Maker => Shape::MAKER,
        }
    }
}

/// What an operator can choose.
#[derive(Clone, Debug, Default, PartialEq, clap::Args, Deserialize)]
#[group(skip)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Choices {
    /// Margin group of the sequencer [default: 1]
    #[arg(id = "sequencer-group", long, value_name = "GROUP", requires = "sequencer", help_heading = heading::MAIN)]
    pub group: Option<u32>,

    /// File with the sequencer's secret, 64 hexadecimal digits that only the owner can read.
    ///
    /// Traders seal their view keys to it: whoever has it reads every account of the group. A development chain has a
    /// public one.
    #[arg(id = "sequencer-secret", long, value_name = "FILE", requires = "sequencer", help_heading = heading::FILES)]
    pub secret: Option<PathBuf>,
    /// File with a secret that was in force before; may be given several times.
    ///
    /// Opens that are queued, and keys that the house had, may be sealed to it.
    #[arg(id = "sequencer-former-secret", long, value_name = "FILE", requires = "sequencer",
        help_heading = heading::FILES)]
    pub former_secret: Vec<PathBuf>,
    /// File with a proving key of batches; may be given several times.
    ///
    /// Each fits one shape of batches (--sequencer-shape). A development chain takes public parameters: from the cache,
    /// or generated on first use, in seconds.
    #[arg(id = "sequencer-proving-key", long, value_name = "FILE", requires = "sequencer",
        help_heading = heading::FILES)]
    pub proving_key: Vec<PathBuf>,
    /// File with the proving key of house re-keys.
    ///
    /// It is needed where the house of the group was never re-keyed, or the sealing key has changed since. A
    /// development chain takes public parameters.
    #[arg(id = "sequencer-rekey-proving-key", long, value_name = "FILE", requires = "sequencer",
        help_heading = heading::FILES)]
    pub rekey_proving_key: Option<PathBuf>,
    /// File with the proving key of solvency statements of 13 subtrees.
    ///
    /// Without it no solvency rounds are made. A development chain takes public parameters, of 6 subtrees.
    #[arg(id = "sequencer-solvency-proving-key", long, value_name = "FILE", requires = "sequencer",
        help_heading = heading::FILES)]
    pub solvency_proving_key: Option<PathBuf>,
    /// Prove batches on this NVIDIA card, counted from 0; on the processor if it is left out.
    ///
    /// The program must be built with the feature `cuda`. Where the card fails the processor proves.
    #[arg(id = "sequencer-card", long, value_name = "NUMBER", requires = "sequencer", help_heading = heading::FILES)]
    pub card: Option<usize>,
    /// How many of a thousand batches the processor proves too, to compare the proofs [default: 10]
    #[arg(id = "sequencer-compared", long, value_name = "NUMBER", requires = "sequencer",
        help_heading = heading::FILES)]
    pub compared: Option<u16>,

    /// Fee of the resting order of a fill, in millionths of its price [default: 100]
    #[arg(id = "sequencer-maker-fee", long, value_name = "PPM", requires = "sequencer", help_heading = heading::FEES)]
    pub maker_fee: Option<u32>,
    /// Fee of the incoming order of a fill, in millionths of its price [default: 500]
    ///
    /// No fee is higher than the cap of the group's risk table, nor than the maximum that the order signs.
    #[arg(id = "sequencer-taker-fee", long, value_name = "PPM", requires = "sequencer", help_heading = heading::FEES)]
    pub taker_fee: Option<u32>,
    /// Account that the rewards of the proofs go to; the account that submits the batches if it is left out.
    #[arg(id = "sequencer-payee", long, value_name = "ADDRESS", requires = "sequencer", help_heading = heading::FEES)]
    pub payee: Option<AccountId>,
    /// Pay the collected fees out in every BATCHES-th batch; never if it is left out.
    #[arg(id = "sequencer-sweep-every", long, value_name = "BATCHES", requires = "sequencer",
        help_heading = heading::FEES)]
    pub sweep_every: Option<u64>,

    /// An instruction counts as expired this long before its expiry [default: 60s]
    ///
    /// So a batch that must be made again with a later time can still be proven. Traders read it in `cloister_market`
    /// and sign a later expiry.
    #[arg(id = "sequencer-settlement-slack", long, value_name = "TIME", requires = "sequencer",
        help_heading = heading::ORDERS)]
    pub settlement_slack: Option<Span>,
    /// New orders and withdrawals wait while proving the closed batches takes longer than this [default: 60s]
    #[arg(id = "sequencer-max-backlog", long, value_name = "TIME", requires = "sequencer",
        help_heading = heading::ORDERS)]
    pub max_backlog: Option<Span>,
    /// How long a new order or withdrawal waits before it is refused as busy [default: 30s]
    #[arg(id = "sequencer-busy-patience", long, value_name = "TIME", requires = "sequencer",
        help_heading = heading::ORDERS)]
    pub busy_patience: Option<Span>,
    /// Number of fills that are kept for readers [default: 100000]
    #[arg(id = "sequencer-history", long, value_name = "FILLS", requires = "sequencer",
        help_heading = heading::ORDERS)]
    pub history: Option<usize>,
    /// Maximum number of orders and withdrawals that wait at a time; more are refused at once [default: 1000]
    #[arg(id = "sequencer-max-waiting", long, value_name = "COUNT", requires = "sequencer",
        help_heading = heading::ORDERS)]
    pub max_waiting: Option<usize>,
    /// How far beyond the mark a limit may lie, in millionths of the mark; the price band alone if it is left out.
    ///
    /// Above the mark to buy, below it to sell. Of an order that waits for a mark it counts from the trigger.
    #[arg(id = "sequencer-collar", long, value_name = "PPM", requires = "sequencer", help_heading = heading::ORDERS)]
    pub collar: Option<u32>,
    /// Maximum number of orders of an account that wait for a mark [default: 64]
    #[arg(id = "sequencer-triggers", long, value_name = "COUNT", requires = "sequencer",
        help_heading = heading::ORDERS)]
    pub triggers: Option<u32>,
    /// Proven units that an account may cause at once [default: 30]
    #[arg(id = "sequencer-unit-burst", long, value_name = "UNITS", requires = "sequencer",
        help_heading = heading::ORDERS)]
    pub unit_burst: Option<u32>,
    /// Proven units that come back to an account in a minute [default: 30]
    #[arg(id = "sequencer-unit-rate", long, value_name = "UNITS", requires = "sequencer",
        help_heading = heading::ORDERS)]
    pub unit_rate: Option<u32>,
    /// Fees that buy an account one more unit, in 10^-6 of the settlement asset; 0: they buy none [default: 20000]
    #[arg(id = "sequencer-unit-fee", long, value_name = "AMOUNT", requires = "sequencer",
        help_heading = heading::ORDERS)]
    pub unit_fee: Option<u64>,

    /// Interval of the public tape of trades: what trades in it at one price is one print [default: 1s]
    #[arg(id = "sequencer-tape-interval", long, value_name = "TIME", requires = "sequencer",
        help_heading = heading::TAPES)]
    pub tape_interval: Option<Span>,
    /// How late the public tape of trades is [default: 5s]
    #[arg(id = "sequencer-tape-delay", long, value_name = "TIME", requires = "sequencer",
        help_heading = heading::TAPES)]
    pub tape_delay: Option<Span>,
    /// Interval of the public tape of liquidations [default: 60s]
    ///
    /// Lots that were closed by force in it, at one price and taken by one kind of taker, are one print. A short one
    /// tells which batch they were in, and so among which few accounts the one was that fell.
    #[arg(id = "sequencer-liquidations-interval", long, value_name = "TIME", requires = "sequencer",
        help_heading = heading::TAPES)]
    pub liquidations_interval: Option<Span>,
    /// How late the public tape of liquidations is [default: 60s]
    ///
    /// It should be longer than it takes to close an account step by step, or others trade against what is left of it.
    #[arg(id = "sequencer-liquidations-delay", long, value_name = "TIME", requires = "sequencer",
        help_heading = heading::TAPES)]
    pub liquidations_delay: Option<Span>,
    /// How often the open interest of the tickers is counted [default: 60s]
    #[arg(id = "sequencer-open-interest-interval", long, value_name = "TIME", requires = "sequencer",
        help_heading = heading::TAPES)]
    pub open_interest_interval: Option<Span>,
    /// How late the open interest of the tickers is [default: 5s]
    #[arg(id = "sequencer-open-interest-delay", long, value_name = "TIME", requires = "sequencer",
        help_heading = heading::TAPES)]
    pub open_interest_delay: Option<Span>,
    /// Number of accounts that must hold an instrument for its open interest to be told [default: 3]
    ///
    /// Where there are two, the open interest is what each of them holds.
    #[arg(id = "sequencer-open-interest-holders", long, value_name = "COUNT", requires = "sequencer",
        help_heading = heading::TAPES)]
    pub open_interest_holders: Option<u32>,
    /// How often books, tickers, positions, margin and tapes are looked at for their followers [default: 100ms]
    #[arg(id = "sequencer-stream-interval", long, value_name = "TIME", requires = "sequencer",
        help_heading = heading::TAPES)]
    pub stream_interval: Option<Span>,
    /// Number of messages that may wait for a follower; one who has more is sent away [default: 512]
    #[arg(id = "sequencer-stream-queue", long, value_name = "MESSAGES", requires = "sequencer",
        help_heading = heading::TAPES)]
    pub stream_queue: Option<usize>,
    /// How long a connection may take no message before its followers are sent away [default: 10s]
    #[arg(id = "sequencer-stream-patience", long, value_name = "TIME", requires = "sequencer",
        help_heading = heading::TAPES)]
    pub stream_patience: Option<Span>,
    /// Number of messages of a public channel that are kept for those who come back [default: 1024]
    #[arg(id = "sequencer-stream-market-messages", long, value_name = "MESSAGES", requires = "sequencer",
        help_heading = heading::TAPES)]
    pub stream_market_messages: Option<usize>,
    /// Number of messages of an account's channel that are kept for those who come back [default: 256]
    #[arg(id = "sequencer-stream-account-messages", long, value_name = "MESSAGES", requires = "sequencer",
        help_heading = heading::TAPES)]
    pub stream_account_messages: Option<usize>,
    /// How long the channel of an account is kept that nobody follows [default: 600s]
    #[arg(id = "sequencer-stream-memory", long, value_name = "TIME", requires = "sequencer",
        help_heading = heading::TAPES)]
    pub stream_memory: Option<Span>,

    /// Take orders at this address and port, on a server of the sequencer's own with limits for each client.
    ///
    /// It speaks no TLS: on the open network it stands behind a proxy that does. Without it the node's own RPC serves
    /// the sequencer's methods, under the node's limits.
    #[arg(id = "sequencer-rpc-listen", long, value_name = "ADDRESS:PORT", requires = "sequencer",
        help_heading = heading::SERVER)]
    pub rpc_listen: Option<SocketAddr>,
    /// A network of proxies whose `X-Forwarded-For` is believed, such as 127.0.0.1/32; may be given several times.
    ///
    /// Clients behind a proxy that is not named share the limits of one address.
    #[arg(id = "sequencer-rpc-trusted-proxy", long, value_name = "NETWORK", requires = "sequencer",
        help_heading = heading::SERVER)]
    #[serde(deserialize_with = "texts")]
    pub rpc_trusted_proxy: Vec<ipnet::IpNet>,
    /// A web site whose pages may ask, such as https://trade.example.org; may be given several times. All may, if it
    /// is `all`.
    #[arg(id = "sequencer-rpc-origin", long, value_name = "ORIGIN", requires = "sequencer",
        help_heading = heading::SERVER)]
    #[serde(deserialize_with = "texts")]
    pub rpc_origin: Vec<Origin>,

    /// Requests of an account in a second, in the long run [default: 100]
    ///
    /// A request counts for an account once a signature or tag shows that it is its own.
    #[arg(id = "sequencer-limit-account-rate", long, value_name = "REQUESTS", requires = "sequencer",
        help_heading = heading::LIMITS)]
    pub limit_account_rate: Option<u32>,
    /// Requests of an account at once, after a pause [default: 300]
    #[arg(id = "sequencer-limit-account-burst", long, value_name = "REQUESTS", requires = "sequencer",
        help_heading = heading::LIMITS)]
    pub limit_account_burst: Option<u32>,
    /// Requests from an address in a second, in the long run [default: 200]
    ///
    /// This limit and all that follow hold at the address of --sequencer-rpc-listen. An IPv6 client is its /64.
    #[arg(id = "sequencer-limit-address-rate", long, value_name = "REQUESTS", requires = "sequencer",
        help_heading = heading::LIMITS)]
    pub limit_address_rate: Option<u32>,
    /// Requests from an address at once, after a pause [default: 600]
    #[arg(id = "sequencer-limit-address-burst", long, value_name = "REQUESTS", requires = "sequencer",
        help_heading = heading::LIMITS)]
    pub limit_address_burst: Option<u32>,
    /// Connections of all clients together [default: 2000]
    #[arg(id = "sequencer-limit-connections", long, value_name = "COUNT", requires = "sequencer",
        help_heading = heading::LIMITS)]
    pub limit_connections: Option<u32>,
    /// Connections from an address [default: 32]
    #[arg(id = "sequencer-limit-connections-per-address", long, value_name = "COUNT", requires = "sequencer",
        help_heading = heading::LIMITS)]
    pub limit_connections_per_address: Option<u32>,
    /// Subscriptions of a connection [default: 64]
    #[arg(id = "sequencer-limit-subscriptions", long, value_name = "COUNT", requires = "sequencer",
        help_heading = heading::LIMITS)]
    pub limit_subscriptions: Option<u32>,
    /// Size of a request [default: 65536]
    #[arg(id = "sequencer-limit-request-bytes", long, value_name = "BYTES", requires = "sequencer",
        help_heading = heading::LIMITS)]
    pub limit_request_bytes: Option<u32>,
    /// Size of an answer [default: 4194304]
    #[arg(id = "sequencer-limit-answer-bytes", long, value_name = "BYTES", requires = "sequencer",
        help_heading = heading::LIMITS)]
    pub limit_answer_bytes: Option<u32>,
    /// Calls in one JSON-RPC batch, each of which counts as a request [default: 64]
    #[arg(id = "sequencer-limit-calls", long, value_name = "COUNT", requires = "sequencer",
        help_heading = heading::LIMITS)]
    pub limit_calls: Option<u32>,

    /// Age of the risk table from which on no orders are taken [default: 80s]
    ///
    /// The chain takes no batch whose table is older than two minutes, and proving and including one takes time.
    #[arg(id = "sequencer-gate-table-age", long, value_name = "TIME", requires = "sequencer",
        help_heading = heading::GATE)]
    pub gate_table_age: Option<Span>,
    /// Age of the oldest fill or withdrawal in no final block from which on no orders are taken [default: 180s]
    #[arg(id = "sequencer-gate-unsettled", long, value_name = "TIME", requires = "sequencer",
        help_heading = heading::GATE)]
    pub gate_unsettled: Option<Span>,
    /// Time since the newest final block from which on no orders are taken [default: 90s]
    #[arg(id = "sequencer-gate-finality", long, value_name = "TIME", requires = "sequencer",
        help_heading = heading::GATE)]
    pub gate_finality: Option<Span>,
    /// How much older than payouts allow the solvency round may be before no orders are taken [default: 600s]
    #[arg(id = "sequencer-gate-round-lag", long, value_name = "TIME", requires = "sequencer",
        help_heading = heading::GATE)]
    pub gate_round_lag: Option<Span>,

    /// A shape that batches may have; may be given several times [default: all of the chain's with a proving key]
    ///
    /// Each batch gets the shape that is cheapest to prove among those that hold it. There must be a proving key of
    /// each shape, and the chain must have its verifying key.
    #[arg(id = "sequencer-shape", long, value_name = "SHAPE", requires = "sequencer",
        help_heading = heading::BATCHES)]
    pub shape: Vec<ShapeName>,
    /// Age at which an open batch is closed, however few fills it has, if the prover is idle [default: 5s]
    #[arg(id = "sequencer-batch-age", long, value_name = "TIME", requires = "sequencer",
        help_heading = heading::BATCHES)]
    pub batch_age: Option<Span>,
    /// How far a batch's time may lie behind when its proof starts [default: 30s]
    ///
    /// An older one gets a later time. The chain takes no batch whose time lies a minute behind its block's, so this
    /// leaves the rest of the minute for proving and including it.
    #[arg(id = "sequencer-stale-after", long, value_name = "TIME", requires = "sequencer",
        help_heading = heading::BATCHES)]
    pub stale_after: Option<Span>,
    /// How long the risk table in force stays while the prover is busy [default: 20s]
    ///
    /// So batches fill up instead of being closed by every new table.
    #[arg(id = "sequencer-table-patience", long, value_name = "TIME", requires = "sequencer",
        help_heading = heading::BATCHES)]
    pub table_patience: Option<Span>,
    /// Age of its risk table at which a batch is made again at the newest, when its proof starts [default: 80s]
    ///
    /// The chain takes no batch whose table is older than two minutes. Together with --sequencer-table-margin it must
    /// not be more.
    #[arg(id = "sequencer-max-table-age", long, value_name = "TIME", requires = "sequencer",
        help_heading = heading::BATCHES)]
    pub max_table_age: Option<Span>,
    /// Time that it takes to prove a batch and to include it, until enough of them tell [default: 40s]
    ///
    /// A batch whose table was replaced, and which the chain takes for less than this, is made again.
    #[arg(id = "sequencer-table-margin", long, value_name = "TIME", requires = "sequencer",
        help_heading = heading::BATCHES)]
    pub table_margin: Option<Span>,
    /// Time of two blocks, which is added to what batches have taken to be proven and included [default: 12s]
    #[arg(id = "sequencer-two-blocks", long, value_name = "TIME", requires = "sequencer",
        help_heading = heading::BATCHES)]
    pub two_blocks: Option<Span>,
    /// How often the chain is looked at [default: 500ms]
    #[arg(id = "sequencer-poll", long, value_name = "TIME", requires = "sequencer", help_heading = heading::BATCHES)]
    pub poll: Option<Span>,
    /// First pause after a failed attempt to prove or submit; it doubles up to a minute [default: 500ms]
    #[arg(id = "sequencer-backoff", long, value_name = "TIME", requires = "sequencer",
        help_heading = heading::BATCHES)]
    pub backoff: Option<Span>,

    /// Whether solvency rounds are made [default: true if there is a key for them]
    #[arg(id = "sequencer-rounds", long, value_name = "true|false", requires = "sequencer",
        help_heading = heading::ROUNDS)]
    pub rounds: Option<bool>,
    /// How long a solvency statement waits for a moment without batches to prove [default: 60s]
    #[arg(id = "sequencer-round-patience", long, value_name = "TIME", requires = "sequencer",
        help_heading = heading::ROUNDS)]
    pub round_patience: Option<Span>,
    /// Pause after a solvency round that is complete [default: 30s]
    #[arg(id = "sequencer-round-pause", long, value_name = "TIME", requires = "sequencer",
        help_heading = heading::ROUNDS)]
    pub round_pause: Option<Span>,

    /// How far from the mark orders at rest may take liquidated lots, in millionths of it [default: 10000]
    ///
    /// Besides, the group's `max_discount` and a quarter of the margin that a step frees hold (B-LIQUIDATION).
    #[arg(id = "sequencer-liquidation-discount", long, value_name = "PPM", requires = "sequencer",
        help_heading = heading::LIQUIDATIONS)]
    pub liquidation_discount: Option<u32>,
    /// Leverage up to which the house takes lots that nobody else takes, in hundredths [default: 500]
    ///
    /// 500 is five times its insurance money. At 0 it takes none, and what is left is deleveraged.
    #[arg(id = "sequencer-liquidation-house-leverage", long, value_name = "HUNDREDTHS", requires = "sequencer",
        help_heading = heading::LIQUIDATIONS)]
    pub liquidation_house_leverage: Option<u64>,
    /// Number of batches whose units liquidations may use at one look at the chain [default: 4]
    ///
    /// What does not fit goes on at the next look.
    #[arg(id = "sequencer-liquidation-batches", long, value_name = "BATCHES", requires = "sequencer",
        help_heading = heading::LIQUIDATIONS)]
    pub liquidation_batches: Option<usize>,

    /// Number of settled batches after which a checkpoint of the ledger is written, and a snapshot [default: 100]
    #[arg(id = "sequencer-checkpoint-batches", long, value_name = "BATCHES", requires = "sequencer",
        help_heading = heading::DISK)]
    pub checkpoint_batches: Option<u64>,
    /// Time after which a checkpoint is written, if anything was settled [default: 600s]
    #[arg(id = "sequencer-checkpoint-age", long, value_name = "TIME", requires = "sequencer",
        help_heading = heading::DISK)]
    pub checkpoint_age: Option<Span>,
    /// Number of inputs after which a snapshot takes the place of the journal before it [default: 200000]
    ///
    /// A start replays what came after the last one: no more inputs than these, and no more batches than are settled
    /// between two checkpoints.
    #[arg(id = "sequencer-snapshot-every", long, value_name = "INPUTS", requires = "sequencer",
        help_heading = heading::DISK)]
    pub snapshot_every: Option<u64>,
    /// Number of inputs that may wait for the disk; more instructions are refused as busy [default: 10000]
    #[arg(id = "sequencer-journal-queue", long, value_name = "INPUTS", requires = "sequencer",
        help_heading = heading::DISK)]
    pub journal_queue: Option<usize>,
}

/// A list of texts, each as a flag would have it.
fn texts<'de, D, T>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: FromStr<Err: fmt::Display>,
{
    let texts = Vec::<String>::deserialize(deserializer)?;
    let read = |text: &String| {
        let refused = |why| de::Error::custom(format!("`{text}`: {why}"));
        text.parse().map_err(refused)
    };
    texts.iter().map(read).collect()
}
