//! `cloister list`: several instructions at once.

use super::{
    amend::{change, replaced, Change, TypedChange},
    cancel,
    desk::{Desk, Typed},
    error::CommandError,
    kept,
    list_error::ListError,
    names::Names,
    order::{reworded, taken},
    outcome::Outcome,
    told::Sent,
};
use crate::cli::{Entry as Typing, Global, Line, OrderArguments};
use clap::Parser;
use cloister_client::sequencer::{Entry, SequencerError, LIST};
use cloister_client_core::{amount::AmountError, instrument::TradedInstrument, trader::OrderTerms};
use cloister_ledger::SignedInstruction;
use cloister_sequencer_rpc::types::AcceptedInfo;
use cloister_types::{InstructionId, InstrumentId};
use std::{
    fs,
    io::{self, Read},
    path::Path,
};

/// An instruction that was read and not looked at yet.
enum Unlooked {
    Order(Box<OrderArguments>, Typed),
    Amend(u64, TypedChange),
    Cancel(u64),
}

/// An instruction that is good as far as can be said before it is sent.
enum Good {
    Order {
        terms: OrderTerms,
        instrument: TradedInstrument,
        market: bool,
    },
    Amend(Change),
    Cancel(u64, Option<InstrumentId>),
}

pub async fn list(global: &Global, file: &Path) -> Result<Outcome, CommandError> {
    let lines = read(&text(file)?)?;
    let mut desk = Desk::open(global).await?;
    let mut good = Vec::new();
    for (line, read) in lines {
        let looked = look(&mut desk, read).await;
        good.push((line, looked.map_err(|error| at(line, error))?));
    }
    // Ids are taken once every line is good; they are on the disk before anything is signed with them.
    let mut entries = Vec::new();
    for (_, good) in &good {
        entries.push(signed(&mut desk, good)?);
    }
    let outcomes = desk.session.sequencer.submit_list(&entries).await?;
    let names = Names::read(&desk.session.chain, global.group).await?;
    let mut refused = Vec::new();
    for (((line, good), entry), outcome) in good.iter().zip(&entries).zip(outcomes) {
        match outcome {
            Ok(accepted) => tell(&desk, &names, (*line, good, &entry.signed), &accepted).await?,
            Err(error) => {
                let error = in_words(error, &desk, good).await;
                say!("line {line}: {error}");
                refused.push(error.code());
            }
        }
    }
    Ok(ended(&refused, entries.len()))
}

/// How a list ends of which some entries were refused with these codes.
fn ended(refused: &[u8], all: usize) -> Outcome {
    match refused.first() {
        None => Outcome::Done,
        Some(first) if refused.len() >= all => Outcome::NoneTaken(*first),
        Some(_) => Outcome::SomeRefused,
    }
}

fn text(file: &Path) -> Result<String, ListError> {
    let read = match file == Path::new("-") {
        true => {
            let mut text = String::new();
            io::stdin().read_to_string(&mut text).map(|_| text)
        }
        false => fs::read_to_string(file),
    };
    read.map_err(|source| ListError::File {
        path: file.display().to_string(),
        source,
    })
}

/// The instructions of a text, with the numbers of their lines.
fn read(text: &str) -> Result<Vec<(usize, Unlooked)>, ListError> {
    let mut out = Vec::new();
    for (line, text) in (1..).zip(text.lines()) {
        let wrong = |reason: String| ListError::Line { line, reason };
        let words = shlex::split(text).ok_or_else(|| wrong("a quotation mark is not closed".into()))?;
        if words.is_empty() {
            continue;
        }
        let read = Line::try_parse_from(words).map_err(|error| wrong(first_sentence(&error)))?;
        let typed = |error: AmountError| wrong(error.to_string());
        out.push((
            line,
            match read.entry {
                Typing::Order(order) => {
                    let numbers = Typed::read(&order).map_err(typed)?;
                    Unlooked::Order(Box::new(order), numbers)
                }
                Typing::Amend(amend) => Unlooked::Amend(amend.id, TypedChange::read(&amend).map_err(typed)?),
                Typing::Cancel { id } => Unlooked::Cancel(id),
            },
        ));
    }
    match out.len() {
        0 => Err(ListError::Empty),
        1..=LIST => Ok(out),
        length => Err(ListError::Length(length)),
    }
}

/// What is wrong with a command line, without how commands are used.
fn first_sentence(error: &clap::Error) -> String {
    let text = error.to_string();
    let sentence = text.split("\n\n").next().unwrap_or_default();
    let words = sentence.trim_start_matches("error: ").split_whitespace();
    words.collect::<Vec<_>>().join(" ")
}

fn at(line: usize, error: CommandError) -> CommandError {
    match error {
        // Of one's own choice, and so of the line.
        CommandError::Amount(_)
        | CommandError::Order(_)
        | CommandError::Instrument(_)
        | CommandError::NotServed(_)
        | CommandError::NotAlive(_)
        | CommandError::NoTrigger(_) => CommandError::InLine {
            line,
            error: Box::new(error),
        },
        other => other,
    }
}

async fn look(desk: &mut Desk, read: Unlooked) -> Result<Good, CommandError> {
    Ok(match read {
        Unlooked::Order(order, typed) => {
            let instrument = desk.instrument(&order.instrument).await?;
            Good::Order {
                terms: desk.terms(&order, &typed, &instrument)?,
                instrument,
                market: order.market,
            }
        }
        Unlooked::Amend(id, typed) => Good::Amend(change(desk, id, &typed).await?),
        Unlooked::Cancel(id) => Good::Cancel(id, cancel::alive_in(&desk.account, id)),
    })
}

fn signed(desk: &mut Desk, good: &Good) -> Result<Entry, CommandError> {
    Ok(match good {
        Good::Order { terms, .. } => {
            let id = desk.take_id()?;
            Entry {
                signed: desk.session.trader.order(id, terms),
                replaces: None,
            }
        }
        Good::Amend(change) => {
            let id = desk.session.wallet.take_id_after(change.replaces)?;
            Entry {
                signed: desk.session.trader.order(id, &change.terms),
                replaces: Some(InstructionId(change.replaces)),
            }
        }
        Good::Cancel(id, _) => Entry {
            signed: desk.session.trader.cancel(*id, cancel::expiry(desk.clock.now())),
            replaces: None,
        },
    })
}

/// Says what became of an instruction that was taken.
async fn tell(
    desk: &Desk,
    names: &Names,
    (line, good, signed): (usize, &Good, &SignedInstruction),
    accepted: &AcceptedInfo,
) -> Result<(), CommandError> {
    let id = signed.instruction.id.get();
    let sent = match good {
        Good::Order {
            terms,
            instrument,
            market,
        } => Sent {
            id,
            terms,
            instrument,
            market: *market,
        },
        Good::Amend(change) => {
            say!("line {line}: {}", replaced(change, id));
            Sent {
                id,
                terms: &change.terms,
                instrument: &change.instrument,
                market: false,
            }
        }
        Good::Cancel(id, instrument) => {
            kept::keep_with(desk.session.wallet.path(), desk.session.trader.group, accepted, signed);
            for said in cancel::told(*id, false, accepted, *instrument, names) {
                say!("line {line}: {said}");
            }
            return Ok(());
        }
    };
    taken_in(line, desk, &sent, accepted).await
}

/// As of an order that is sent alone; that it did nothing is said and changes no code.
async fn taken_in(line: usize, desk: &Desk, sent: &Sent<'_>, accepted: &AcceptedInfo) -> Result<(), CommandError> {
    say!("line {line}:");
    match taken(&desk.session, sent, accepted).await {
        Ok(_) => Ok(()),
        Err(insolvent @ CommandError::Insolvent { .. }) => {
            say!("{insolvent}");
            Ok(())
        }
        Err(other) => Err(other),
    }
}

async fn in_words(error: SequencerError, desk: &Desk, good: &Good) -> CommandError {
    match good {
        Good::Order { terms, instrument, .. } => reworded(error, &desk.session, instrument, terms).await,
        Good::Amend(change) => reworded(error, &desk.session, &change.instrument, &change.terms).await,
        Good::Cancel(id, _) => cancel::reworded(error, &desk.session, *id).await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> String {
        read(text).err().expect("it is wrong").to_string()
    }

    #[test]
    fn a_list_should_be_read_line_by_line() {
        let list = read(
            "# quotes\n\ncancel --id 17\n  order buy --instrument BTC-PERP --quantity 0.1 --price 59990 --post-only # a bid\n\
             order sell --instrument 1 --quantity 1 --market --expires-in '1h 30m'\namend --id 12 --price 59900\n",
        )
        .expect("it is good");
        assert_eq!(list.iter().map(|(line, _)| *line).collect::<Vec<_>>(), [3, 4, 5, 6]);
        assert!(matches!(list[0].1, Unlooked::Cancel(17)));
        assert!(matches!(&list[1].1, Unlooked::Order(order, _) if order.post_only && order.instrument == "BTC-PERP"));
        assert!(matches!(&list[2].1, Unlooked::Order(order, _) if order.expires_in == 5_400_000 && order.market));
        assert!(matches!(list[3].1, Unlooked::Amend(12, _)));
    }

    #[test]
    fn a_line_that_is_wrong_should_be_named_and_nothing_sent() {
        let good = "cancel --id 1\n";
        for (line, part) in [
            ("order buy --instrument 1 --quantity 1", "--price"),
            (
                "order buy --instrument 1 --quantity 1e3 --price 1",
                "`1e3` is not a plain decimal number",
            ),
            (
                "order buy --instrument 1 --quantity 1 --price 1 --expires-in 0s",
                "an order works from 1s to 365d",
            ),
            ("cancel", "--id"),
            ("amend --id 1", "required"),
            ("withdraw --amount 1", "withdraw"),
            ("cancel --id '1", "a quotation mark is not closed"),
        ] {
            let said = refused(&format!("{good}{line}"));
            assert!(
                said.starts_with("line 2: ") && said.contains(part) && said.ends_with("; nothing was sent"),
                "{said}"
            );
        }
    }

    #[test]
    fn a_list_should_have_as_many_instructions_as_the_sequencer_takes_and_at_least_one() {
        assert_eq!(refused("# nothing\n"), "the list has no instruction");
        assert!(read(&"cancel --id 1\n".repeat(LIST)).is_ok());
        assert_eq!(
            refused(&"cancel --id 1\n".repeat(LIST + 1)),
            "the list has 65 instructions, and the sequencer takes 64 at once; nothing was sent"
        );
    }

    #[test]
    fn a_list_should_end_apart_where_all_some_or_none_of_it_was_taken() {
        assert_eq!(ended(&[], 3), Outcome::Done);
        assert_eq!(ended(&[12, 3], 3), Outcome::SomeRefused);
        assert_eq!(ended(&[12, 3, 3], 3), Outcome::NoneTaken(12));
    }
}
