//! Signs an order, sends it to a sequencer and reads the answer. The sequencer is a stand-in in the same process, so
//! that no network is needed: it checks that the instruction can be read, and drops every order.

use cloister_crypto::schnorr::SecretKey;
use cloister_ledger::{instruction::flags, Instruction, InstructionKind, Side};
use cloister_sequencer_rpc::{
    types::{AcceptedInfo, DropReason, Submission},
    ErrorCode,
};
use cloister_types::{AccountIndex, GroupId, InstructionId, InstrumentId, Lots, Price};
use jsonrpsee::{types::ErrorObjectOwned, RpcModule};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut sequencer = RpcModule::new(());
    sequencer.register_method("cloister_submitInstruction", |parameters, _, _| {
        let refuse = |message: String| {
            let code = ErrorCode::Unreadable;
            ErrorObjectOwned::owned(code.code(), message, Some(code))
        };
        let submission: Submission = parameters.one()?;
        let signed = submission.decode().map_err(|error| refuse(error.to_string()))?;
        println!("the sequencer reads order {}", signed.instruction.id);
        Ok::<_, ErrorObjectOwned>(AcceptedInfo {
            time: 1_700_000_000_000,
            filled: Lots::ZERO,
            resting: Lots::ZERO,
            waits: false,
            dropped: Some(DropReason::Immediate),
            removed: Vec::new(),
            fills: Vec::new(),
            bound: false,
            receipt: None,
        })
    })?;

    // A trader signs for one chain, named by its genesis hash; `market` tells it.
    let (genesis, trading_key) = ([7; 32], SecretKey::from_seed(&[1; 32]));
    let order = Instruction {
        kind: InstructionKind::Order,
        group: GroupId(1),
        index: AccountIndex(4),
        id: InstructionId(1),
        instrument_id: InstrumentId(1),
        side: Side::Buy,
        flags: flags::IMMEDIATE_OR_CANCEL,
        trigger: Price::ZERO,
        limit: 60_000_000_000,
        quantity: 3,
        expiry: 1_700_000_060_000,
        max_fee: Price(30_000_000),
    };
    let signed = order.sign(&genesis, &trading_key);

    let answer: AcceptedInfo = sequencer
        .call("cloister_submitInstruction", [Submission::encoded(&signed)])
        .await?;
    println!("{} lots filled, {} at rest", answer.filled, answer.resting);
    if let Some(reason) = answer.dropped {
        println!("the rest was dropped: {reason}");
    }
    Ok(())
}
