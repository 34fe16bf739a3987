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
mod amend;
mod cancel;
mod control;
mod desk;
mod error;
mod exit;
mod income;
mod kept;
mod keys;
mod list;
mod list_error;
mod market;
mod names;
mod notices;
mod oracle;
mod order;
mod outcome;
mod output;
mod payout;
mod proof;
mod receipts;
mod report;
mod report_cancel;
mod sequencer;
mod sequencer_files;
mod session;
mod take_back;
mod tape;
mod told;

use crate::cli::{Cli, Command, OracleCommand};
use error::CommandError;
use outcome::Outcome;
use std::process::ExitCode;

/// Does what the command line says, and tells why if it cannot; the code is one of [`outcome::code`].
pub async fn run(cli: Cli) -> ExitCode {
    match ended(cli).await {
        Ok(outcome) => outcome.into(),
        Err(error) => {
            eprintln!("error: {error}");
            error.code().into()
        }
    }
}

async fn ended(cli: Cli) -> Result<Outcome, CommandError> {
    let global = &cli.global;
    // Some have more ways to end than to be done or to fail.
    let done = match cli.command {
        Command::Order(order) => return order::order(global, &order).await,
        Command::Amend(amend) => return amend::amend(global, &amend).await,
        Command::List { file } => return list::list(global, &file).await,
        Command::DeadMan(switch) => return control::dead_man(global, &switch).await,
        Command::Withdraw {
            amount,
            wait,
            force: false,
        } => return payout::withdraw(global, &amount, wait).await,
        Command::Keys(command) => keys::run(global, command),
        Command::Receipts(command) => receipts::run(global, command).await,
        Command::Oracle(OracleCommand::Feed(feed)) => oracle::feed(global, &feed).await,
        Command::Sequencer(command) => sequencer::run(global, command).await,
        Command::Faucet { amount, to } => account::faucet(global, &amount, to).await,
        Command::Open { deposit, seal_key } => account::open(global, &deposit, seal_key.as_deref()).await,
        Command::Deposit { amount, unasked } => account::deposit(global, &amount, unasked).await,
        Command::TakeBack { wait } => take_back::run(global, wait).await,
        Command::Insure { amount, unasked } => account::insure(global, &amount, unasked).await,
        Command::Switch { transfers } => account::switch(global, transfers).await,
        Command::Rekey { seal_key } => account::rekey(global, seal_key.as_deref()).await,
        Command::Close => account::close(global).await,
        Command::Claim => payout::claim(global).await,
        Command::PayClaim => payout::pay_claim(global).await,
        Command::ClaimCredits { period, payee } => income::claim_credits(global, period, payee).await,
        Command::ClaimShare { of } => income::claim_share(global, of).await,
        Command::Freeze => account::freeze(global).await,
        Command::Cancel { id, .. } => cancel::cancel(global, id).await,
        Command::Annul { id } => cancel::annul(global, id).await,
        Command::Clear(orders) => control::clear(global, &orders).await,
        Command::Protect(protection) => control::protect(global, &protection).await,
        Command::Notices { from } => notices::run(global, from).await,
        Command::Account { from_chain: false } => account::show(global).await,
        Command::Account { from_chain: true } => account::show_from_chain(global).await,
        Command::Withdraw { amount, wait, .. } => payout::force_withdrawal(global, &amount, wait).await,
        Command::Book { instrument, levels } => market::book(global, &instrument, levels).await,
        Command::Status => market::status(global).await,
        Command::Exit { out, exit_key } => exit::run(global, out.as_deref(), exit_key.as_deref()).await,
        Command::Proof { batch, out } => proof::write(global, batch, &out).await,
        Command::Replay(options) => tape::replay(global, &options).await,
        Command::Demo(options) => tape::demo(&options).await,
    };
    done.map(|()| Outcome::Done)
}
