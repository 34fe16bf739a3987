//! The command line of `cloister`.

use clap::{Args, Parser, Subcommand, ValueEnum};
use cloister_runtime::AccountId;
use jiff::{Span, SpanRelativeTo};
use std::path::PathBuf;

const ABOUT: &str = "Trade on Cloister: shielded margin accounts, orders, withdrawals.";

const UNITS: &str = "\
UNITS
  Amounts of money (--deposit, --amount) are in the settlement asset, with up to six decimals: 1000.50
  Prices (--price) are in the settlement asset for one unit of the underlying: 61800.30
  Quantities (--quantity) are in units of the underlying, in whole multiples of the instrument's lot: 0.025
  Instruments (--instrument) are a name such as BTC-PERP or the number of the instrument
  Times (--expires-in) are numbers with s, m, h or d: 90s, 15m, 2h, 1h 30m, 7d

EXAMPLES
  cloister demo --summary summary.json          a whole exchange on this machine, in a few minutes
  cloister keys new                             make a wallet
  cloister fund --amount 10000                  money and tokens for fees, on a development chain
  cloister open --deposit 1000.50               open an account with a first deposit
  cloister order buy --instrument BTC-PERP --quantity 0.025 --price 61800.30
  cloister account                              balances, positions, margin, open orders
  cloister account --from-chain                 the same account, rebuilt from chain data alone
  cloister withdraw --amount 250";

/// Trade on Cloister.
#[derive(Debug, Parser)]
#[command(name = "cloister", version, about = ABOUT, after_help = UNITS)]
pub struct Cli {
    /// Options of every command.
    #[command(flatten)]
    pub global: Global,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// Options of every command.
#[derive(Clone, Debug, Args)]
pub struct Global {
    /// WebSocket of a node; the sequencer's methods are served there too.
    #[arg(long, global = true, default_value = "ws://127.0.0.1:9944", value_name = "URL")]
    pub node: String,
    /// Folder of wallet files [default: $XDG_DATA_HOME/cloister, else ~/.local/share/cloister].
    #[arg(long, global = true, value_name = "DIR")]
    pub keystore: Option<PathBuf>,
    /// Name of the wallet in that folder.
    #[arg(long, global = true, default_value = "default", value_name = "NAME")]
    pub wallet: String,
    /// Margin group.
    #[arg(long, global = true, default_value_t = 1)]
    pub group: u32,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Make, show and import keys.
    #[command(subcommand)]
    Keys(KeysCommand),
    /// Give the owner money of a development chain: the settlement asset, and native tokens for fees.
    #[command(after_help = "\
Only on a development chain, whose money is worth nothing: the account `//Alice`, which everybody can sign for, pays.
Anywhere else somebody who has both sends them to the owner; `cloister keys show` says who that is.

EXAMPLE
  cloister fund --amount 10000")]
    Fund {
        /// Amount, in the settlement asset.
        #[arg(long)]
        amount: String,
    },
    /// Open an account with a first deposit.
    #[command(after_help = "\
The owner account pays the deposit in the settlement asset and the fee in the native token. The view key is sealed to
the sequencers, with a proof that they can open it. The account can trade as soon as the block is final; the sequencer
proves the opening with its next batch.

EXAMPLE
  cloister open --deposit 1000.50")]
    Open {
        /// First deposit, in the settlement asset.
        #[arg(long, value_name = "AMOUNT")]
        deposit: String,
        /// File with the proving key of seals [default: the public parameters, on a chain that takes them].
        #[arg(long, value_name = "FILE")]
        seal_key: Option<PathBuf>,
    },
    /// Deposit into an open account.
    #[command(after_help = "\
Refused before any money moves if the node's sequencer does not serve the group: nobody would take it out of the queue.

EXAMPLE
  cloister deposit --amount 500")]
    Deposit {
        /// Amount, in the settlement asset.
        #[arg(long)]
        amount: String,
        /// Do not ask the node's sequencer: another node runs the group's.
        #[arg(long)]
        unasked: bool,
    },
    /// Take back what no batch has taken out of the queue.
    #[command(after_help = "\
For deposits, and for opens with all behind them, that have been overdue for an hour. In two steps: the first says until
when batches may still take them, the second, some two minutes later, has them paid back. Run it again for the second;
with --wait it waits for it.")]
    TakeBack {
        /// Wait until it can be paid back, and have it paid.
        #[arg(long)]
        wait: bool,
    },
    /// Pay into the insurance of the group.
    #[command(after_help = "\
The owner account pays; it needs no account in the group. The insurance takes over accounts that owe money. What is paid
in belongs to it and does not come back.

EXAMPLE
  cloister insure --amount 1000")]
    Insure {
        /// Amount, in the settlement asset.
        #[arg(long)]
        amount: String,
    },
    /// Allow or forbid transfers out of the account.
    #[command(after_help = "\
The owner account asks for it on the chain. Transfers are off at first, so that a stolen trading key moves nothing to a
thief.

EXAMPLE
  cloister switch --transfers on")]
    Switch {
        /// Whether transfers to other accounts may leave this one.
        #[arg(long, value_name = "on|off", action = clap::ArgAction::Set, value_parser = on_or_off)]
        transfers: bool,
    },
    /// Give the account a new trading key and a new view key.
    #[command(after_help = "\
The owner account asks for it on the chain, so it works for whoever lost the trading key or had it stolen. The new view
key is sealed to the sequencers, with a proof that they can open it. Orders that the old key signed are cancelled when
the sequencer takes the re-key. Both new keys are in the wallet before anything is sent, and the old ones stay in it to
read what was before. A command that was interrupted is given again. The seed that was written down does not give the
new keys: write down those of `cloister keys show --secret`.

EXAMPLE
  cloister rekey")]
    Rekey {
        /// File with the proving key of seals [default: the public parameters, on a chain that takes them].
        #[arg(long, value_name = "FILE")]
        seal_key: Option<PathBuf>,
    },
    /// Close the account if it is empty.
    #[command(after_help = "\
The owner account asks for it on the chain. A batch closes the account if it then holds neither money nor positions, and
leaves it as it is otherwise; either shows on the chain. Meanwhile it takes no deposits. A closed account's number is
never given again, and the owner may open another account.")]
    Close,
    /// Send an order to the sequencer.
    #[command(after_help = "\
An order is good for several fills, each at --price or better, until it is filled, cancelled or expired. Its terms are
signed and proven: no fill can be worse than the price, larger than the quantity or dearer than --max-fee.

EXAMPLES
  cloister order buy --instrument BTC-PERP --quantity 0.025 --price 61800.30
  cloister order sell --instrument 1 --quantity 0.1 --price 61000 --reduce-only --ioc
  cloister order sell --instrument BTC-PERP --quantity 0.1 --market")]
    Order(OrderArguments),
    /// Cancel one order, or all.
    #[command(after_help = "EXAMPLES\n  cloister cancel --id 17\n  cloister cancel --all")]
    Cancel {
        /// Id of the order.
        #[arg(long, required_unless_present = "all", conflicts_with = "all")]
        id: Option<u64>,
        /// Every order of the account.
        #[arg(long)]
        all: bool,
    },
    /// Show the account: balances, positions, margin, open orders.
    #[command(after_help = "\
The sequencer shows an account to whoever knows its view key. With --from-chain nobody is asked: the settled batches are
read from the chain, the account's records in them are decrypted with the view key, and the result is checked against
the public root. The node must keep old states (--state-pruning archive).")]
    Account {
        /// Rebuild the account from chain data alone.
        #[arg(long)]
        from_chain: bool,
    },
    /// Withdraw to the owner.
    #[command(after_help = "\
The amount leaves the margin account with the next batch and is paid to the owner when that is settled. What is left
must meet the initial margin of positions and open orders.

With --force the owner account asks for it on the chain, and a batch must take it, whatever the sequencer wants. It pays
as much of the amount as the initial margin of the positions leaves, possibly nothing; orders that then lack margin do
not trade.

EXAMPLES
  cloister withdraw --amount 250
  cloister withdraw --amount 250 --force")]
    Withdraw {
        /// Amount, in the settlement asset.
        #[arg(long)]
        amount: String,
        /// Wait until it is paid, or taken by a batch with --force.
        #[arg(long)]
        wait: bool,
        /// Ask the chain and not the sequencer.
        #[arg(long)]
        force: bool,
    },
    /// Have what was withheld of payouts paid, as far as it is due.
    #[command(after_help = "\
A payout waits as a claim if nobody has proven the group solvent lately, and is paid in part if the group is short. With
a fresh solvency round the chain pays what is due, to everybody by the same ratio. A frozen group pays too. `cloister
account` shows what is withheld, `cloister status` when the group was last proven.")]
    PayClaim,
    /// Have a prover paid for its proofs of a period that is over.
    #[command(after_help = "\
Fees are shared by periods: a sweep of the sequencer ends one, and a part of what was swept in it goes to those who
proved its batches and solvency rounds, by what their proofs cost to make. Anyone may ask; the payee is paid. It is paid
while payouts are withheld, too.

EXAMPLE
  cloister claim-credits --period 12")]
    ClaimCredits {
        /// Number of the period.
        #[arg(long)]
        period: u32,
        /// Who has proven [default: the owner of the wallet].
        #[arg(long, value_name = "ACCOUNT")]
        payee: Option<AccountId>,
    },
    /// Have a share of a group's fees paid to whom it belongs.
    #[command(after_help = "\
What provers do not get of the fees is shared by the sequencer, the insurance and the treasury. It ranks behind traders,
so it is paid while the last solvency round is fresh and shows no shortfall. Anyone may ask.

EXAMPLE
  cloister claim-share --of insurance")]
    ClaimShare {
        /// Whose share.
        #[arg(long, value_name = "WHO")]
        of: Share,
    },
    /// Freeze a group that nobody has proven solvent for as long as its terms say.
    #[command(after_help = "\
Anyone may, once it is due. A frozen group takes no batch, open or deposit; claims are paid as before. Nothing ends a
freeze yet.")]
    Freeze,
    /// Show the public order book.
    Book {
        /// Name or number.
        #[arg(long)]
        instrument: String,
        /// Prices on each side.
        #[arg(long, default_value_t = 10)]
        levels: u32,
    },
    /// Show chain, group and sequencer.
    Status,
    /// Write the proof of a settled batch, its verifying key and its public input, for any verifier.
    #[command(after_help = "\
Everything comes from the chain; the public input is computed from the batch's public data. The node must keep old
states (--state-pruning archive). Nothing is verified here.

EXAMPLE
  cloister proof --batch 3 --out batch-3
  cd batch-3
  cloister-prover export --format snarkjs --verifying-key key.hex --proof proof.hex --public $(cat public.hex) --out .
  snarkjs groth16 verify verification_key.json public.json proof.json")]
    Proof {
        /// Number of the batch.
        #[arg(long, value_name = "NUMBER")]
        batch: u64,
        /// Folder to write to; made if it is not there.
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
    },
    /// Leave a frozen group alone, from chain data and the view key.
    #[command(after_help = "\
Does whatever comes next: gives back what waits in the queue; proves what the account is worth at the final table, by
opening its leaf in the group's last root, and claims it; has the ratio of all claims fixed once the time for them is
over; has what is due paid. Run it again for the next step. The node must keep old states (--state-pruning archive).

While a group trades the chain takes no exit; with --out the proof at the newest final root and risk table is made and
written, to see that it can be.

EXAMPLES
  cloister exit
  cloister exit --out exit.json")]
    Exit {
        /// File to write the proof to, JSON: the statement, the proof, the verifying key.
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
        /// File with the proving key of exits [default: the public parameters].
        #[arg(long, value_name = "FILE")]
        exit_key: Option<PathBuf>,
    },
    /// Replay a tape of trades through the exchange of a development chain.
    #[command(after_help = TAPE_HELP)]
    Replay(ReplayArguments),
    /// Run a whole exchange on this machine: node, sequencer, prover, traders.
    #[command(after_help = DEMO_HELP)]
    Demo(DemoArguments),
}

const TAPE_HELP: &str = "\
THE TAPE is a CSV file whose first line names its columns:
  time       T, timestamp, time, trade_time
  price      p, price
  quantity   q, quantity, qty, size, amount
  aggressor  m, is_buyer_maker (true: the taker sold), or side, aggressor (of the taker)
A LOBSTER message file (Time, Type, Size, Price, Direction) works too: its executions are the trades.

Every trade of the tape becomes one fill of the same price and quantity, in the same order, between accounts that this
program opens (owners //Demo//0, //Demo//1 and so on, funded by Alice). At the end the sequencer's public trades are
compared with the tape. Alice feeds the oracle, so this is for development chains.

EXAMPLE
  cloister replay --trades trades.csv --limit 100";

const DEMO_HELP: &str = "\
Starts `cloister-node` with a development chain, sequencer and prover, opens accounts, replays a tape, waits until every
batch is proven and settled, withdraws, and checks: roots, proofs, conservation of the settlement asset, the tape, and
every account rebuilt from chain data alone. At the end the node stops and its chain is gone. The development parameters
of the proof are made on first use.

EXAMPLES
  cloister demo --summary summary.json
  cloister demo --trades trades.csv --limit 60 --summary summary.json";

/// What to do with keys.
#[derive(Debug, Subcommand)]
pub enum KeysCommand {
    /// Make a wallet with a fresh secret seed.
    #[command(after_help = "\
EXAMPLES
  cloister keys new
  cloister --wallet alice keys new --suri //Alice      the owner is a development account")]
    New {
        /// Secret URI of the owner account, for development; the owner comes from the seed otherwise.
        #[arg(long, value_name = "URI")]
        suri: Option<String>,
    },
    /// Show public keys and addresses.
    Show {
        /// Print the secret seed too. Whoever sees it controls the account.
        #[arg(long)]
        secret: bool,
    },
    /// Make a wallet from a seed that was written down.
    #[command(after_help = "\
The seed is read from the standard input, so that it stays out of the history of the shell. A restored wallet does not
know which ids were used before: give --next-id, or any large number if it is lost.

EXAMPLE
  cloister keys import --next-id 5000 < seed.txt")]
    Import {
        /// Secret URI of the owner account, for development.
        #[arg(long, value_name = "URI")]
        suri: Option<String>,
        /// First instruction id to use.
        #[arg(long, default_value_t = 1)]
        next_id: u64,
    },
}

/// Who shares a group's fees with the provers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Share {
    /// The group's fee account.
    Sequencer,
    /// The group's insurance.
    Insurance,
    /// The treasury.
    Treasury,
}

/// Side of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum OrderSide {
    /// Buys.
    Buy,
    /// Sells.
    Sell,
}

/// An order.
#[derive(Debug, Args)]
pub struct OrderArguments {
    /// Side.
    pub side: OrderSide,
    /// Name or number.
    #[arg(long)]
    pub instrument: String,
    /// Quantity of the underlying.
    #[arg(long)]
    pub quantity: String,
    /// Worst price of one unit of the underlying.
    #[arg(long, required_unless_present = "market", conflicts_with = "market")]
    pub price: Option<String>,
    /// Take what the book offers inside the price band, and drop the rest.
    #[arg(long)]
    pub market: bool,
    /// Only reduce a position; proven.
    #[arg(long)]
    pub reduce_only: bool,
    /// Never trade at once.
    #[arg(long, conflicts_with_all = ["ioc", "fok", "market"])]
    pub post_only: bool,
    /// Immediate or cancel: what does not trade at once is dropped.
    #[arg(long, conflicts_with = "fok")]
    pub ioc: bool,
    /// Fill or kill: trade at once and wholly, or not at all.
    #[arg(long)]
    pub fok: bool,
    /// How long the order is good.
    #[arg(long, default_value = "1h", value_parser = parse_duration, value_name = "TIME")]
    pub expires_in: u64,
    /// Highest fee per lot, in the settlement asset [default: the most that the group's fee cap allows at the price].
    #[arg(long, value_name = "AMOUNT")]
    pub max_fee: Option<String>,
}

/// A replay.
#[derive(Debug, Args)]
pub struct ReplayArguments {
    /// The tape.
    #[arg(long, value_name = "FILE")]
    pub trades: PathBuf,
    /// Only the first trades.
    #[arg(long)]
    pub limit: Option<usize>,
    /// Name or number of the instrument.
    #[arg(long, default_value = "BTC-PERP")]
    pub instrument: String,
    /// Traders that take turns.
    #[arg(long, default_value_t = 8, value_parser = clap::value_parser!(u16).range(2..=64))]
    pub accounts: u16,
}

/// A demonstration.
#[derive(Debug, Args)]
pub struct DemoArguments {
    /// Replay this tape instead of the built-in market.
    #[arg(long, value_name = "FILE")]
    pub trades: Option<PathBuf>,
    /// Only the first trades of the tape.
    #[arg(long, requires = "trades")]
    pub limit: Option<usize>,
    /// Where the summary is written, as JSON; the node's log goes beside it.
    #[arg(long, value_name = "FILE")]
    pub summary: PathBuf,
    /// The node [default: `cloister-node` beside this program].
    #[arg(long, value_name = "FILE")]
    pub node_binary: Option<PathBuf>,
    /// Traders that take turns.
    #[arg(long, default_value_t = 8, value_parser = clap::value_parser!(u16).range(8..=64))]
    pub accounts: u16,
}

/// A duration such as `15m` or `1h 30m`, in milliseconds.
///
/// # Errors
/// [`DurationError`].
pub fn parse_duration(text: &str) -> Result<u64, DurationError> {
    let refused = || DurationError(text.into());
    let span: Span = text.parse().map_err(|_| refused())?;
    // Months and years have no fixed length and are refused.
    let duration = span
        .to_duration(SpanRelativeTo::days_are_24_hours())
        .map_err(|_| refused())?;
    u64::try_from(duration.as_millis()).map_err(|_| refused())
}

/// A text that is not a duration.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a time such as 90s, 15m, 2h or 7d")]
pub struct DurationError(String);

fn on_or_off(text: &str) -> Result<bool, String> {
    match text {
        "on" => Ok(true),
        "off" => Ok(false),
        _ => Err("on or off".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_should_be_numbers_with_units() {
        let cases = [
            ("90s", 90),
            ("15m", 900),
            ("2h", 7_200),
            ("7d", 604_800),
            ("1h 30m", 5_400),
        ];
        for (text, seconds) in cases {
            assert_eq!(parse_duration(text), Ok(seconds * 1_000), "{text}");
        }
    }

    #[test]
    fn a_duration_should_be_refused_without_unit_or_fixed_length_or_below_zero() {
        for text in ["", "15", "s", "1y", "2 months", "-5m", "5m ago", "later"] {
            assert_eq!(parse_duration(text), Err(DurationError(text.into())), "{text}");
        }
    }
}
