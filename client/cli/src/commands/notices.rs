//! `cloister notices`: what could not be proven of the account (Q-VOID).

use super::{error::CommandError, names::Names, output::print_table, session::Session};
use crate::cli::Global;
use cloister_cli::table::{Left, Right, TextTable};
use cloister_sequencer_rpc::types::{NoticeInfo, VoidInfo};
use jiff::Timestamp;

pub async fn run(global: &Global, from: u64) -> Result<(), CommandError> {
    let (session, _) = Session::with_sequencer(global).await?;
    let notices = session.sequencer.notices(&session.trader, from).await?;
    if notices.is_empty() {
        say!("no notices: all that was traded and withdrawn is proven, or will be");
        return Ok(());
    }
    let names = Names::read(&session.chain, global.group).await?;
    let mut table = TextTable::new(&[Right, Left, Left, Left]);
    table.row(["notice", "found at", "void", "why"]);
    for notice in &notices {
        table.row(row(notice, &names));
    }
    print_table(table);
    Ok(())
}

fn row(notice: &NoticeInfo, names: &Names) -> [String; 4] {
    let void = match &notice.what {
        VoidInfo::Fill {
            fill,
            order_id,
            instrument_id,
            price,
            quantity,
        } => format!(
            "fill {fill} of order {order_id}: {} {} at {}",
            names.lots(*instrument_id, *quantity),
            names.name(*instrument_id),
            names.price(*instrument_id, *price)
        ),
        VoidInfo::Withdrawal { id, amount } => format!("withdrawal {id} of {amount}; the money is in the account"),
    };
    [
        notice.number.to_string(),
        when(notice.time),
        void,
        notice.message.clone(),
    ]
}

/// A time as people read it, in UTC.
fn when(ms: u64) -> String {
    let time = i64::try_from(ms)
        .ok()
        .and_then(|ms| Timestamp::from_millisecond(ms).ok());
    time.map_or_else(|| ms.to_string(), |time| time.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use cloister_client_core::amount::Lot;
    use cloister_sequencer_rpc::types::VoidCause;
    use cloister_types::{Amount, InstructionId, InstrumentId, Lots, Price};

    #[test]
    fn what_is_void_should_be_said_in_the_units_that_people_use() {
        let names = Names::of([(InstrumentId(1), ("BTC-PERP".to_owned(), Lot(1_000_000)))]);
        let notice = |what| NoticeInfo {
            number: 4,
            time: 1_790_000_000_000,
            what,
            reason: VoidCause::Counterparty,
            message: "the other side of the fill".into(),
        };
        let fill = VoidInfo::Fill {
            fill: 9,
            order_id: InstructionId(17),
            instrument_id: InstrumentId(1),
            price: Price(60_000_500),
            quantity: Lots(25),
        };
        assert_eq!(
            row(&notice(fill), &names),
            [
                "4",
                "2026-09-21T14:13:20Z",
                "fill 9 of order 17: 0.025 BTC-PERP at 60000.5",
                "the other side of the fill"
            ]
        );
        let withdrawal = VoidInfo::Withdrawal {
            id: InstructionId(3),
            amount: Amount(1_500_000),
        };
        assert_eq!(
            row(&notice(withdrawal), &names)[2],
            "withdrawal 3 of 1.5; the money is in the account"
        );
    }
}
