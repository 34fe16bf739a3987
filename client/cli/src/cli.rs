//! The command line of `cloister`.

mod controls;
mod oracle;
mod orders;
mod sequencer;
mod time;

pub use controls::{ClearArguments, DeadManArguments, OrdersArguments, ProtectArguments};
pub use oracle::{FeedArguments, OracleCommand};
pub use orders::{AmendArguments, Entry, Line, OrderArguments, OrderSide, SelfTradeChoice};
pub use sequencer::{
    Account, ConfirmArguments, HandOverArguments, ProposeArguments, ReceiveArguments, SequencerCommand,
    TransportArguments,
};

use clap::{Args, Parser, Subcommand, ValueEnum};
use cloister_runtime::AccountId;
use std::path::PathBuf;

const ABOUT: &str = "Trade on Cloister: shielded margin accounts, orders, withdrawals.";

const UNITS: &str = "\
UNITS
  Amounts of money (--deposit, --amount) are in the settlement asset, with up to six decimals: 1000.50
  Prices (--price, --stop-at, --take-profit-at, --trigger-at) are in the settlement asset for one unit of the underlying: 61800.30
  Quantities (--quantity) are in units of the underlying, in whole multiples of the instrument's lot: 0.025
  Instruments (--instrument) are a name such as BTC-PERP or the number of the instrument
  Times (--expires-in, --after, --window, --pause) are numbers with s, m, h or d: 90s, 15m, 2h, 1h 30m, 7d

EXIT CODES
  0  done
  1  failed, as the message says
  2  the command line is not understood
  3  refused by the sequencer or the chain, or before anything was sent; nothing has changed
  4  nobody answered, or not in time; what was sent may take effect still
  5  a part of the order was traded or rests, the rest was dropped
  6  nothing of the order was traded: the book has no order at its price or better
  7  nothing of the market order was traded: the book has no order inside the price band
  8  nothing of the order was traded: a rule of the exchange stops it
  9  nothing was traded: the account owes more than it has
 10  the withdrawal is settled, and some of it is held as a claim of the owner
 11  two receipts contradict each other, and the sequencer has signed both
 12  the order that should be cancelled or changed is filled
 13  the order that should be cancelled or changed has left the book already, or was never known
 14  some instructions of a list were refused, the others were taken
 15  refused for the moment: halted, busy, starting, stopping, or a limit is used up; the same may be taken later
 16  the dead man's switch was not renewed in time, and the orders have left

EXAMPLES
  cloister demo --summary summary.json          a whole exchange on this machine, in a few minutes
  cloister keys new                             make a wallet
  cloister oracle feed --price 60000            prices of a development chain, for as long as it runs
  cloister faucet --amount 10000                money and tokens for fees, on a development chain
  cloister open --deposit 1000.50               open an account with a first deposit
  cloister order buy --instrument BTC-PERP --quantity 0.025 --price 61800.30
  cloister order sell --instrument BTC-PERP --quantity 0.025 --market --stop-at 58000 --reduce-only
  cloister amend --id 17 --price 61750
  cloister dead-man --after 30s                 orders leave unless this command renews the switch
  cloister account                              balances, positions, margin, open and waiting orders
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
    /// WebSocket of a node.
    #[arg(long, global = true, default_value = "ws://127.0.0.1:9944", value_name = "URL")]
    pub node: String,
    /// WebSocket of a sequencer that takes orders on a server of its own [default: the node's].
    #[arg(long, global = true, value_name = "URL")]
    pub sequencer: Option<String>,
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
    /// Keep and check what the sequencer has promised.
    #[command(subcommand)]
    Receipts(ReceiptsCommand),
    /// Feed prices to the oracle.
    #[command(subcommand)]
    Oracle(OracleCommand),
    /// Hand the secret of a group's sealing key over between its sequencers, and rotate it.
    #[command(subcommand)]
    Sequencer(SequencerCommand),
    /// Give the owner money of a development chain: the settlement asset, and native tokens for fees.
    #[command(
        visible_alias = "fund",
        after_help = "\
Only on a development chain, whose money is worth nothing: the account `//Alice`, which everybody can sign for, pays.
Anywhere else somebody who has both sends them to the owner; `cloister keys show` says who that is.

EXAMPLES
  cloister faucet
  cloister faucet --amount 250000 --to 5FHneW46xGXgs5mUiveU4sbTyGBzmstUspZC92UhjJM694ty"
    )]
    Faucet {
        /// Amount, in the settlement asset.
        #[arg(long, default_value = "10000")]
        amount: String,
        /// Account that gets it [default: the owner of the wallet].
        #[arg(long, value_name = "ACCOUNT")]
        to: Option<AccountId>,
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
in belongs to it and does not come back. Refused before any money moves if the node's sequencer does not serve the group.

EXAMPLE
  cloister insure --amount 1000")]
    Insure {
        /// Amount, in the settlement asset.
        #[arg(long)]
        amount: String,
        /// Do not ask the node's sequencer: another node runs the group's.
        #[arg(long)]
        unasked: bool,
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

It works for the time of --expires-in, from 1s to 365d. What is signed is somewhat later: the exchange takes an order out
of the book its settlement slack (a minute, on most) before the signed expiry, so that the last fill can still be proven,
and the command adds it. Times are those of the sequencer's clock; nothing is signed if this machine's is more than 30 s
off.

A STOP (--stop-at) or take-profit (--take-profit-at) waits, seen by nobody else, until the mark of a risk table is there;
then it comes in as the order that it is, and is asked for margin. With --price it is a limit order, with --market it
takes what the book offers: up to twice the width of the price band beyond the trigger, or up to the --price of an order
with --ioc. One whose mark is there already is refused. Most are --reduce-only.

The exit code says what became of it (`cloister --help`); an order that waits ends with 0.

EXAMPLES
  cloister order buy --instrument BTC-PERP --quantity 0.025 --price 61800.30
  cloister order sell --instrument 1 --quantity 0.1 --price 61000 --reduce-only --ioc
  cloister order sell --instrument BTC-PERP --quantity 0.1 --market
  cloister order sell --instrument BTC-PERP --quantity 0.1 --market --stop-at 58000 --reduce-only
  cloister order sell --instrument BTC-PERP --quantity 0.1 --price 66000 --take-profit-at 66000 --reduce-only
  cloister order sell --instrument BTC-PERP --quantity 0.1 --ioc --price 50000 --stop-at 58000 --reduce-only")]
    Order(OrderArguments),
    /// Change an order that rests or waits.
    #[command(after_help = "\
The order is replaced by a new one with another id, both or neither. What is not named stays as it was. With the same
price and no more than what is left it keeps its place in the queue; any other change puts it behind the others of its
price, and it may trade at once. --quantity is what may be filled from now on: what was filled before is not taken off.

EXAMPLES
  cloister amend --id 17 --quantity 0.01         make it smaller; it keeps its place
  cloister amend --id 17 --price 61750
  cloister amend --id 21 --trigger-at 58500      move a stop")]
    Amend(AmendArguments),
    /// Send several orders, changes and cancels at once.
    #[command(after_help = "\
THE FILE has one instruction on a line, up to 64: what stands behind `cloister` in the commands `order`, `amend` and
`cancel --id`. Empty lines, and what is behind a #, do not count. All lines are read, checked and signed before the
first is sent; one that is wrong is named, and nothing is sent. The sequencer takes them in order with nobody's between,
and each has an outcome of its own. The exit code is 0 if all were taken, 14 if some were, else that of the first.

EXAMPLE
  cloister list quotes.txt
with the file
  cancel --id 17
  order buy  --instrument BTC-PERP --quantity 0.1 --price 59990 --post-only
  order sell --instrument BTC-PERP --quantity 0.1 --price 60010 --post-only   # the other side
  amend --id 12 --price 59900")]
    List {
        /// The file; - is the standard input.
        file: PathBuf,
    },
    /// Cancel one order, or all.
    #[command(after_help = "\
A cancel takes the order out at once and says how much of it was filled. It is proven, so that the chain takes nothing
of the order either; if the account's budget of proven units has no room for that it holds in the book alone, and the
command says so. With --all every id that was used until now is void, on the chain as well.

EXAMPLES
  cloister cancel --id 17
  cloister cancel --all")]
    Cancel {
        /// Id of the order.
        #[arg(long, required_unless_present = "all", conflicts_with = "all")]
        id: Option<u64>,
        /// Every order of the account.
        #[arg(long)]
        all: bool,
    },
    /// Make an id void whatever is known of it: of an order that may be in flight or stolen.
    #[command(after_help = "\
A cancel of an id that the sequencer does not know is refused and changes nothing. This one binds all the same: nothing
that is or was signed under the id will be taken, by this sequencer or another one. It costs one proven unit. Refused if
the order is filled.

EXAMPLE
  cloister annul --id 529")]
    Annul {
        /// Id of the order.
        #[arg(long)]
        id: u64,
    },
    /// Take orders out of the book now, all or some, without a proof.
    #[command(after_help = "\
Obeyed at once, also while no orders are taken, and costs nothing. It binds the sequencer alone; `cloister cancel --all`
binds on the chain too.

EXAMPLES
  cloister clear
  cloister clear --instrument BTC-PERP --side buy
  cloister clear --waiting                       stops and take-profits too")]
    Clear(ClearArguments),
    /// Have orders taken out of the book if this machine falls silent.
    #[command(
        name = "dead-man",
        after_help = "\
The sequencer takes the orders out once it has not heard of the switch for the time of --after. This command renews it
three times as often, for as long as it runs; other commands can use the wallet meanwhile. Stopped by Ctrl-C or SIGTERM
it leaves the switch set, which acts when its time is over, or switches it off with --off-at-end. If the sequencer could
not be reached in time, it ends with 16: the orders have left, or leave at that time if the sequencer was down.

With --once it sets the switch and ends, for a program that renews it by itself.

EXAMPLES
  cloister dead-man --after 30s
  cloister dead-man --after 30s --instrument BTC-PERP --waiting --off-at-end
  cloister dead-man --off"
    )]
    DeadMan(DeadManArguments),
    /// Bound how much of the orders at rest in an instrument others may fill in a time.
    #[command(after_help = "\
No fill takes more than is left of the bounds, and when one is reached all orders at rest in the instrument leave. None
that could rest is taken until the time of --pause is over, or until --reset if none is named. Fills of the account's
own incoming orders do not count, and orders that trade at once are always taken.

EXAMPLES
  cloister protect --instrument BTC-PERP --max-quantity 2 --max-delta 0.5 --window 1s --pause 10s
  cloister protect --instrument BTC-PERP --reset
  cloister protect --instrument BTC-PERP --off")]
    Protect(ProtectArguments),
    /// Show what could not be proven of the account, and why.
    #[command(after_help = "\
A fill or a withdrawal is provisional until its batch is in a final block. One that has no proof at the prices of then
is void: it has not happened. Numbers count the account's notices from 0.

EXAMPLE
  cloister notices --from 3")]
    Notices {
        /// Number of the first.
        #[arg(long, value_name = "NUMBER", default_value_t = 0)]
        from: u64,
    },
    /// Show the account: balances, positions, margin, open and waiting orders, the dead man's switch.
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
must meet the initial margin of positions and open orders. With --wait it says what became of the money: paid, held as a
claim because the settlement asset refused the payment (`cloister claim`), or withheld until solvency is proven
(`cloister pay-claim`).

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
    /// Take what the settlement asset refused to pay to the owner.
    #[command(after_help = "\
A payout that the settlement asset refuses is held as a claim, so that nothing is lost: an account must hold at least the
asset's smallest balance, and may be frozen by who has that right. `cloister account` shows the claim. The owner's
account gets all of it at once, so it must be able to hold it: whose account is empty needs a claim, or some of the
asset from elsewhere, of the smallest balance or more.

EXAMPLE
  cloister claim")]
    Claim,
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
compared with the tape. It feeds the oracle with
the public key of the operator, so this is for development chains.

EXAMPLE
  cloister replay --trades trades.csv --limit 100";

const DEMO_HELP: &str = "\
Starts `cloister-node` with a development chain, sequencer and prover, opens accounts, replays a tape, and waits until
every batch is proven and settled. Then the price falls: a stop fires, an account is liquidated, and somebody withdraws
without asking the sequencer. At the end it withdraws, and checks: roots, proofs, receipts, conservation of the
settlement asset, the tape, what was done in the scenes, and every account rebuilt from chain data alone. It fails if
any of that did not happen. The node stops then and its chain is gone. The development parameters of the proof are made
on first use.

EXAMPLES
  cloister demo --summary summary.json
  cloister demo --trades trades.csv --limit 60 --summary summary.json";

/// What to do with receipts.
#[derive(Debug, Subcommand)]
pub enum ReceiptsCommand {
    /// Ask the sequencer for the account's receipts, one on a line.
    Fetch {
        /// Number of the first.
        #[arg(long, value_name = "NUMBER", default_value_t = 0)]
        from: u64,
    },
    /// Check signatures, the links between neighbours, and that nothing contradicts.
    #[command(after_help = "\
Every order, cancel and withdrawal that the sequencer takes has a receipt, which the commands keep beside the wallet. Two
different receipts of one number prove to anybody that the sequencer told two stories: the exit code is 11 then.

EXAMPLES
  cloister receipts verify                      those that were kept beside the wallet
  cloister receipts verify mine.txt hers.txt    of several traders together")]
    Verify {
        /// Files with receipts, one on a line [default: those beside the wallet].
        files: Vec<PathBuf>,
        /// Public key that must have signed them, hexadecimal [default: one of the group's sequencers].
        #[arg(long, value_name = "HEX")]
        key: Option<String>,
    },
    /// Show the chain two different receipts of one number: whoever signed them loses its bond.
    #[command(after_help = "\
A part of the bond is the wallet's owner's, who signs and pays the fee.

EXAMPLES
  cloister receipts report mine.txt hers.txt    the first contradiction in these files")]
    Report {
        /// Files with receipts, one on a line [default: those beside the wallet].
        files: Vec<PathBuf>,
        /// Public key that has signed them, hexadecimal [default: one of the group's sequencers].
        #[arg(long, value_name = "HEX")]
        key: Option<String>,
    },
    /// Show the chain a settled batch that fills an order further than the receipt of its cancel states: whoever signed
    /// the receipt and submitted the batch loses its bond.
    #[command(after_help = "\
Looks through all batches since the chain began, so the node must keep the state of former blocks (--state-pruning
archive). Without --disclose it says what it has found, and sends nothing. A part of the bond is the wallet's owner's,
who signs and pays the fee.

A report opens a record of the account, and the view key in it opens every other one that was made with it: everybody
can read then what the account has traded. Whoever trades on replaces the keys first (`cloister rekey`). The report is
public before it is in a block, and whoever makes the block can put its own in front and take the reward; the bond is
lost all the same.

EXAMPLES
  cloister receipts report-cancel               looks for one among the receipts beside the wallet
  cloister receipts report-cancel --disclose    and reports it")]
    ReportCancel {
        /// Files with receipts and cancels, a pair on a line [default: those beside the wallet].
        files: Vec<PathBuf>,
        /// Send the report, which makes the account's view key public.
        #[arg(long)]
        disclose: bool,
    },
}

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

fn on_or_off(text: &str) -> Result<bool, String> {
    match text {
        "on" => Ok(true),
        "off" => Ok(false),
        _ => Err("on or off".into()),
    }
}
