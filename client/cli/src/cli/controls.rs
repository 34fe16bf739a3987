//! Controls of orders as they are typed.

use super::{
    orders::OrderSide,
    time::{parse_duration, parse_switch},
};
use clap::Args;

/// Which orders of the account are meant.
#[derive(Clone, Debug, Args)]
pub struct OrdersArguments {
    /// Only those of one instrument, by name or number.
    #[arg(long)]
    pub instrument: Option<String>,
    /// Only those of one side.
    #[arg(long)]
    pub side: Option<OrderSide>,
    /// Those too that wait for a mark: stops stay otherwise, since they protect a position.
    #[arg(long)]
    pub waiting: bool,
}

/// A cancel in bulk.
#[derive(Debug, Args)]
pub struct ClearArguments {
    /// Which orders leave.
    #[command(flatten)]
    pub orders: OrdersArguments,
}

/// A dead man's switch.
#[derive(Debug, Args)]
pub struct DeadManArguments {
    /// How long the sequencer waits to hear from this machine, from 1s to 1d.
    #[arg(long, value_parser = parse_switch, value_name = "TIME", required_unless_present = "off")]
    pub after: Option<u64>,
    /// Switch it off.
    #[arg(long, conflicts_with_all = ["after", "once", "off_at_end", "instrument", "side", "waiting"])]
    pub off: bool,
    /// Set it and end, instead of renewing it until the command is stopped.
    #[arg(long, conflicts_with = "off_at_end")]
    pub once: bool,
    /// Switch it off when the command is stopped by Ctrl-C or SIGTERM; the orders stay then.
    #[arg(long)]
    pub off_at_end: bool,
    /// Which orders leave.
    #[command(flatten)]
    pub orders: OrdersArguments,
}

/// A protection of the orders at rest.
#[derive(Debug, Args)]
pub struct ProtectArguments {
    /// Name or number.
    #[arg(long)]
    pub instrument: String,
    /// Maximum quantity of the underlying that others may fill within the window.
    #[arg(
        long,
        value_name = "QUANTITY",
        required_unless_present_any = ["max_delta", "off", "reset"],
        requires = "window"
    )]
    pub max_quantity: Option<String>,
    /// Maximum size of what is bought less what is sold within the window, in units of the underlying.
    #[arg(long, value_name = "QUANTITY", requires = "window")]
    pub max_delta: Option<String>,
    /// Length of the window.
    #[arg(long, value_parser = parse_duration, value_name = "TIME")]
    pub window: Option<u64>,
    /// How long no order may rest once a bound is reached [default: until --reset].
    #[arg(long, value_parser = parse_duration, value_name = "TIME", requires = "window")]
    pub pause: Option<u64>,
    /// Take the protection away.
    #[arg(long, conflicts_with_all = ["max_quantity", "max_delta", "window", "pause", "reset"])]
    pub off: bool,
    /// Start the protection anew: its window is empty, and orders may rest again.
    #[arg(long, conflicts_with_all = ["max_quantity", "max_delta", "window", "pause"])]
    pub reset: bool,
}
