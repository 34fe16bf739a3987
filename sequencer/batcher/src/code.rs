//! The batcher's types as SCALE: what a sequencer keeps of them between its starts.
//!
//! Every tag is written once, here. A field that is not listed does not compile.

use crate::{
    draft::Draft,
    event::{QueueItem, Request},
    open::{Claims, OpenBatch},
};
use cloister_crypto::{schnorr::PublicKey, Fr};
use cloister_ledger::{wire::Wire, Key};
use cloister_types::AccountIndex;
use codec::{Compact, Decode, Encode, EncodeLike, Error, Input, Output};
use std::collections::BTreeMap;

/// Tags of requests.
mod request {
    pub const SWITCH: u8 = 0;
    pub const CLOSE: u8 = 1;
    pub const FORCED_WITHDRAWAL: u8 = 2;
    pub const REKEY: u8 = 3;
}

/// Tags of queue items.
mod item {
    pub const OPEN: u8 = 0;
    pub const DEPOSIT: u8 = 1;
    pub const REQUEST: u8 = 2;
    pub const PAY_INSURANCE: u8 = 3;
    pub const TAKE_INSURANCE: u8 = 4;
}

/// Tags of drafts.
mod draft {
    pub const OPEN: u8 = 0;
    pub const DEPOSIT: u8 = 1;
    pub const REQUEST: u8 = 2;
    pub const SIGNED: u8 = 3;
    pub const PADDING: u8 = 4;
    pub const UNSIGNED: u8 = 5;
}

fn write_keys<O: Output + ?Sized>(public_key: &PublicKey, view_key: &Fr, out: &mut O) {
    Key::from(public_key).encode_to(out);
    view_key.write_to(out);
}

fn read_keys<I: Input>(input: &mut I) -> Result<(PublicKey, Fr), Error> {
    let key = Key::decode(input)?;
    let public_key = key.public().map_err(|_| Error::from("a trading key is not a key"))?;
    Ok((public_key, Fr::read_from(input)?))
}

fn write_count<O: Output + ?Sized>(count: usize, out: &mut O) {
    Compact(u32::try_from(count).unwrap_or(u32::MAX)).encode_to(out);
}

fn read_count<I: Input>(input: &mut I) -> Result<usize, Error> {
    let Compact(count) = Compact::<u32>::decode(input)?;
    usize::try_from(count).map_err(|_| "a count does not fit".into())
}

impl Encode for Request {
    fn encode_to<O: Output + ?Sized>(&self, out: &mut O) {
        match self {
            Self::Switch(switches) => (request::SWITCH, switches).encode_to(out),
            Self::Close => request::CLOSE.encode_to(out),
            Self::ForcedWithdrawal { amount } => (request::FORCED_WITHDRAWAL, amount).encode_to(out),
            Self::Rekey { public_key, view_key } => {
                request::REKEY.encode_to(out);
                write_keys(public_key, view_key, out);
            }
        }
    }
}

impl EncodeLike for Request {}

impl Decode for Request {
    fn decode<I: Input>(input: &mut I) -> Result<Self, Error> {
        Ok(match u8::decode(input)? {
            request::SWITCH => Self::Switch(Decode::decode(input)?),
            request::CLOSE => Self::Close,
            request::FORCED_WITHDRAWAL => Self::ForcedWithdrawal {
                amount: Decode::decode(input)?,
            },
            request::REKEY => {
                let (public_key, view_key) = read_keys(input)?;
                Self::Rekey { public_key, view_key }
            }
            _ => return Err("a request of a kind that there is not".into()),
        })
    }
}

impl Encode for QueueItem {
    fn encode_to<O: Output + ?Sized>(&self, out: &mut O) {
        match self {
            Self::Open {
                item,
                account,
                public_key,
                view_key,
                deposit,
                deadline,
            } => {
                (item::OPEN, item, account, deposit, deadline).encode_to(out);
                write_keys(public_key, view_key, out);
            }
            Self::Deposit {
                item,
                account,
                amount,
                deadline,
            } => (item::DEPOSIT, item, account, amount, deadline).encode_to(out),
            Self::Request {
                item,
                account,
                request,
                deadline,
            } => (item::REQUEST, item, account, request, deadline).encode_to(out),
            Self::PayInsurance { item, amount } => (item::PAY_INSURANCE, item, amount).encode_to(out),
            Self::TakeInsurance { item, asked, keep } => (item::TAKE_INSURANCE, item, asked, keep).encode_to(out),
        }
    }
}

impl EncodeLike for QueueItem {}

impl Decode for QueueItem {
    fn decode<I: Input>(input: &mut I) -> Result<Self, Error> {
        Ok(match u8::decode(input)? {
            item::OPEN => {
                let (item, account, deposit, deadline) = Decode::decode(input)?;
                let (public_key, view_key) = read_keys(input)?;
                Self::Open {
                    item,
                    account,
                    public_key,
                    view_key,
                    deposit,
                    deadline,
                }
            }
            item::DEPOSIT => {
                let (item, account, amount, deadline) = Decode::decode(input)?;
                Self::Deposit {
                    item,
                    account,
                    amount,
                    deadline,
                }
            }
            item::REQUEST => {
                let (item, account, request, deadline) = Decode::decode(input)?;
                Self::Request {
                    item,
                    account,
                    request,
                    deadline,
                }
            }
            item::PAY_INSURANCE => {
                let (item, amount) = Decode::decode(input)?;
                Self::PayInsurance { item, amount }
            }
            item::TAKE_INSURANCE => {
                let (item, asked, keep) = Decode::decode(input)?;
                Self::TakeInsurance { item, asked, keep }
            }
            _ => return Err("a queue item of a kind that there is not".into()),
        })
    }
}

impl Encode for Draft {
    fn encode_to<O: Output + ?Sized>(&self, out: &mut O) {
        match self {
            Self::Open {
                account,
                public_key,
                view_key,
                deposit,
            } => {
                (draft::OPEN, account, deposit).encode_to(out);
                write_keys(public_key, view_key, out);
            }
            Self::Deposit { account, amount } => (draft::DEPOSIT, account, amount).encode_to(out),
            Self::Request {
                account,
                request,
                deposit,
                closes,
            } => (draft::REQUEST, account, request, deposit, closes).encode_to(out),
            Self::Signed(run) => (draft::SIGNED, run).encode_to(out),
            Self::Padding { account } => (draft::PADDING, account).encode_to(out),
            Self::Unsigned { account, request } => (draft::UNSIGNED, account, request).encode_to(out),
        }
    }
}

impl EncodeLike for Draft {}

impl Decode for Draft {
    fn decode<I: Input>(input: &mut I) -> Result<Self, Error> {
        Ok(match u8::decode(input)? {
            draft::OPEN => {
                let (account, deposit) = Decode::decode(input)?;
                let (public_key, view_key) = read_keys(input)?;
                Self::Open {
                    account,
                    public_key,
                    view_key,
                    deposit,
                }
            }
            draft::DEPOSIT => {
                let (account, amount) = Decode::decode(input)?;
                Self::Deposit { account, amount }
            }
            draft::REQUEST => {
                let (account, request, deposit, closes) = Decode::decode(input)?;
                Self::Request {
                    account,
                    request,
                    deposit,
                    closes,
                }
            }
            draft::SIGNED => Self::Signed(Decode::decode(input)?),
            draft::PADDING => Self::Padding {
                account: Decode::decode(input)?,
            },
            draft::UNSIGNED => {
                let (account, request) = Decode::decode(input)?;
                Self::Unsigned { account, request }
            }
            _ => return Err("a unit of a kind that there is not".into()),
        })
    }
}

impl Encode for OpenBatch {
    fn encode_to<O: Output + ?Sized>(&self, out: &mut O) {
        let Self {
            time,
            shapes,
            claims: Claims { priority, others },
            drafts,
            entries,
            items,
            holdings,
            last,
            sums,
            paid_in,
        } = self;
        write_count(*priority, out);
        write_count(*others, out);
        (time, shapes, drafts, entries, items, holdings, sums, paid_in).encode_to(out);
        write_count(last.len(), out);
        for (account, unit) in last {
            account.encode_to(out);
            write_count(*unit, out);
        }
    }
}

impl EncodeLike for OpenBatch {}

impl Decode for OpenBatch {
    fn decode<I: Input>(input: &mut I) -> Result<Self, Error> {
        let claims = Claims {
            priority: read_count(input)?,
            others: read_count(input)?,
        };
        let (time, shapes, drafts, entries, items, holdings, sums, paid_in) = Decode::decode(input)?;
        let mut last: BTreeMap<AccountIndex, usize> = BTreeMap::new();
        for _ in 0..read_count(input)? {
            last.insert(Decode::decode(input)?, read_count(input)?);
        }
        Ok(Self {
            time,
            shapes,
            claims,
            drafts,
            entries,
            items,
            holdings,
            last,
            sums,
            paid_in,
        })
    }
}
