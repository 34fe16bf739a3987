//! What each command does. Results go to the standard output, progress and errors to the standard error.

/// Prints a line; ends the program quietly when nobody reads any more, as in `cloister status | head -1`.
macro_rules! say {
    ($($part:tt)*) => {{
        use std::io::Write;
        if writeln!(std::io::stdout(), $($part)*).is_err() {
            std::process::exit(0);
        }
    }};
}

mod account;
mod error;
mod exit;
mod income;
mod keys;
mod market;
mod order;
mod output;
mod proof;
mod session;
mod take_back;
mod tape;

use crate::cli::{Cli, Command};
use error::CommandError;

/// Does what the command line says.
///
/// # Errors
/// [`CommandError`].
pub async fn run(cli: Cli) -> Result<(), CommandError> {
    let global = &cli.global;
    match cli.command {
        Command::Keys(command) => keys::run(global, command),
        Command::Fund { amount } => account::fund(global, &amount).await,
        Command::Open { deposit, seal_key } => account::open(global, &deposit, seal_key.as_deref()).await,
        Command::Deposit { amount, unasked } => account::deposit(global, &amount, unasked).await,
        Command::TakeBack { wait } => take_back::run(global, wait).await,
        Command::Insure { amount } => account::insure(global, &amount).await,
        Command::Switch { transfers } => account::switch(global, transfers).await,
        Command::Rekey { seal_key } => account::rekey(global, seal_key.as_deref()).await,
        Command::Close => account::close(global).await,
        Command::PayClaim => account::pay_claim(global).await,
        Command::ClaimCredits { period, payee } => income::claim_credits(global, period, payee).await,
        Command::ClaimShare { of } => income::claim_share(global, of).await,
        Command::Freeze => account::freeze(global).await,
        Command::Order(order) => order::order(global, &order).await,
        Command::Cancel { id, .. } => order::cancel(global, id).await,
        Command::Account { from_chain: false } => account::show(global).await,
        Command::Account { from_chain: true } => account::show_from_chain(global).await,
        Command::Withdraw {
            amount,
            wait,
            force: false,
        } => account::withdraw(global, &amount, wait).await,
        Command::Withdraw { amount, wait, .. } => account::force_withdrawal(global, &amount, wait).await,
        Command::Book { instrument, levels } => market::book(global, &instrument, levels).await,
        Command::Status => market::status(global).await,
        Command::Exit { out, exit_key } => exit::run(global, out.as_deref(), exit_key.as_deref()).await,
        Command::Proof { batch, out } => proof::write(global, batch, &out).await,
        Command::Replay(options) => tape::replay(global, &options).await,
        Command::Demo(options) => tape::demo(&options).await,
    }
}
