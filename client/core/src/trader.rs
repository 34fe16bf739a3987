//! A trader signs instructions (orders, cancels, withdrawals), and controls of orders.

use crate::{keys::TraderKeys, recovery::AccountKeys};
use cloister_crypto::{stream::Scope, Fr};
use cloister_ledger::{
    instruction::flags, Control, ControlAction, Instruction, InstructionKind, Key, Side, SignedControl,
    SignedInstruction, Trigger,
};
use cloister_types::{AccountIndex, GroupId, InstructionId, InstrumentId, Price};

/// Terms of an order, in the exchange's units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OrderTerms {
    /// Instrument.
    pub instrument_id: u32,
    /// Side.
    pub side: Side,
    /// Worst price per lot, 10^-6.
    pub limit: u64,
    /// Lots.
    pub quantity: u64,
    /// See [`flags`]; the direction of a trigger is not taken from here.
    pub flags: u8,
    /// What the order waits for, if anything: a mark per lot, 10^-6. Stop-loss and take-profit are such orders.
    pub trigger: Option<Trigger>,
    /// Last batch time at which the order is good, milliseconds.
    pub expiry: u64,
    /// Highest fee per lot, 10^-6.
    pub max_fee: u64,
}

/// Keys of a trader on one chain and group, with the account that they belong to.
#[derive(Clone, Debug)]
pub struct Trader {
    /// Keys.
    pub keys: TraderKeys,
    /// Genesis hash of the chain.
    pub genesis: [u8; 32],
    /// Margin group.
    pub group: u32,
    /// Index of the account.
    pub index: u32,
}

impl Trader {
    /// Chain and group.
    pub fn scope(&self) -> Scope {
        Scope {
            genesis: self.genesis,
            group: self.group,
        }
    }

    /// Reads the account.
    pub fn view_key(&self) -> Fr {
        self.keys.view.key(&self.scope())
    }

    /// The account's own keys, as public records show them.
    pub fn account_keys(&self) -> AccountKeys {
        AccountKeys {
            key: Key::from(&self.keys.trading.public()),
            view_key: self.view_key(),
        }
    }

    /// All keys that the account has had, oldest first.
    pub fn known_keys(&self) -> Vec<AccountKeys> {
        let former = self.keys.former.iter().map(|(public_key, view)| AccountKeys {
            key: Key::from(public_key),
            view_key: view.key(&self.scope()),
        });
        former.chain([self.account_keys()]).collect()
    }

    fn sign(&self, instruction: Instruction) -> SignedInstruction {
        instruction.sign(&self.genesis, &self.keys.trading)
    }

    fn blank(&self, kind: InstructionKind, id: u64, expiry: u64) -> Instruction {
        Instruction {
            kind,
            group: GroupId(self.group),
            index: AccountIndex(self.index),
            id: InstructionId(id),
            expiry,
            ..Instruction::default()
        }
    }

    /// Signs an order.
    pub fn order(&self, id: u64, terms: &OrderTerms) -> SignedInstruction {
        let order = Instruction {
            instrument_id: InstrumentId(terms.instrument_id),
            side: terms.side,
            flags: terms.flags & flags::ALL,
            limit: terms.limit,
            quantity: terms.quantity,
            max_fee: Price(terms.max_fee),
            ..self.blank(InstructionKind::Order, id, terms.expiry)
        };
        self.sign(order.waiting_for(terms.trigger))
    }

    /// Signs the cancellation of one order.
    pub fn cancel(&self, order: u64, expiry: u64) -> SignedInstruction {
        self.sign(self.blank(InstructionKind::Cancel, order, expiry))
    }

    /// Signs the cancellation of every order with a lower id.
    pub fn cancel_all(&self, id: u64, expiry: u64) -> SignedInstruction {
        self.sign(self.blank(InstructionKind::CancelAll, id, expiry))
    }

    /// Signs a control of the account's orders (S-CONTROL). Its number is higher than that of the account's last one.
    pub fn control(&self, number: u64, action: ControlAction, expiry: u64) -> SignedControl {
        let control = Control {
            group: GroupId(self.group),
            index: AccountIndex(self.index),
            number,
            expiry,
            action,
        };
        control.sign(&self.genesis, &self.keys.trading)
    }

    /// Signs a withdrawal to the owner; the amount is in 10^-6 of the settlement asset.
    pub fn withdrawal(&self, id: u64, amount: u64, expiry: u64) -> SignedInstruction {
        self.sign(Instruction {
            limit: amount,
            ..self.blank(InstructionKind::Withdrawal, id, expiry)
        })
    }
}
