//! Plans the orders whose fills are the trades of a small market, and prints the first of them.
//!
//! `cargo run --release -p cloister-cli --example plan`

use cloister_cli::{
    table::{Left, Right, TextTable},
    tape::{market, natural_lot, plan::plan, prints},
};
use cloister_client_core::amount::show_money;

/// Seed and number of trades of the market.
const MARKET: (u64, usize) = (2024, 40);
const TRADERS: usize = 8;
const SHOWN: usize = 10;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let trades = market::trades(MARKET.0, MARKET.1);
    let lot = natural_lot(&trades).ok_or("no lot suits these trades")?;
    let plan = plan(&prints(&trades, lot)?, TRADERS)?;
    println!("{} trades need {} orders", trades.len(), plan.orders.len());
    let mut table = TextTable::new(&[Right, Left, Left, Right, Right]);
    table.row(["trader", "role", "side", "lots", "limit"]);
    for order in plan.orders.iter().take(SHOWN) {
        table.row([
            order.trader.to_string(),
            format!("{:?}", order.role),
            format!("{:?}", order.side),
            order.lots.to_string(),
            show_money(order.limit.into()),
        ]);
    }
    for line in table.lines() {
        println!("{line}");
    }
    Ok(())
}
