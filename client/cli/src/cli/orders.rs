//! Orders and amendments as they are typed.

use super::time::parse_life;
use clap::{Args, Parser, Subcommand, ValueEnum};

/// Side of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum OrderSide {
    /// Buys.
    Buy,
    /// Sells.
    Sell,
}

/// Which order leaves where one would trade against another of the same account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum SelfTradeChoice {
    /// The one that comes in stops there.
    Newest,
    /// The one at rest leaves, and the one that comes in goes on.
    Oldest,
    /// Both leave.
    Both,
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
    /// Wait, hidden, until the mark has gone against a position: down to this price for a sell, up to it for a buy.
    #[arg(long, value_name = "PRICE", conflicts_with = "take_profit_at")]
    pub stop_at: Option<String>,
    /// Wait, hidden, until the mark has gone with a position: up to this price for a sell, down to it for a buy.
    #[arg(long, value_name = "PRICE")]
    pub take_profit_at: Option<String>,
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
    /// Which order leaves where this one would trade against one of the same account.
    #[arg(long, value_enum, default_value_t = SelfTradeChoice::Newest, value_name = "WHICH")]
    pub self_trade: SelfTradeChoice,
    /// How long the order works, from when the sequencer takes it.
    #[arg(long, default_value = "1h", value_parser = parse_life, value_name = "TIME")]
    pub expires_in: u64,
    /// Highest fee per lot, in the settlement asset [default: the most that the group's fee cap allows at the price].
    #[arg(long, value_name = "AMOUNT")]
    pub max_fee: Option<String>,
}

/// A change of an order.
#[derive(Debug, Args)]
pub struct AmendArguments {
    /// Id of the order.
    #[arg(long)]
    pub id: u64,
    /// New worst price of one unit of the underlying.
    #[arg(long, required_unless_present_any = ["quantity", "trigger_at", "expires_in", "max_fee"])]
    pub price: Option<String>,
    /// New quantity of the underlying that may still be filled [default: what is left of the order].
    #[arg(long)]
    pub quantity: Option<String>,
    /// New mark that a waiting order waits for.
    #[arg(long, value_name = "PRICE")]
    pub trigger_at: Option<String>,
    /// How long the order works from now on [default: as long as before].
    #[arg(long, value_parser = parse_life, value_name = "TIME")]
    pub expires_in: Option<u64>,
    /// Highest fee per lot, in the settlement asset [default: the most that the group's fee cap allows at the price].
    #[arg(long, value_name = "AMOUNT")]
    pub max_fee: Option<String>,
}

/// One line of a list of instructions: a command without the name of the program.
#[derive(Debug, Parser)]
#[command(
    no_binary_name = true,
    disable_help_flag = true,
    disable_help_subcommand = true,
    name = "line"
)]
pub struct Line {
    /// What it does.
    #[command(subcommand)]
    pub entry: Entry,
}

/// What a line of a list does.
#[derive(Debug, Subcommand)]
pub enum Entry {
    /// Sends an order.
    Order(OrderArguments),
    /// Changes one.
    Amend(AmendArguments),
    /// Cancels one.
    Cancel {
        /// Id of the order.
        #[arg(long)]
        id: u64,
    },
}
