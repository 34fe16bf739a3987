//! Receipts of a sequencer, under whichever of a group's keys has signed them (Q-RECEIPT).

use cloister_receipts::{check, CheckError, Checked, Scope, SignedReceipt};

/// Checks receipts under the first key that has signed the first of them, and returns that key too. If none has, the
/// error of the first key says so.
///
/// # Errors
/// [`CheckError`], of the first receipt at which something is wrong.
pub fn checked(
    scope: &Scope,
    keys: &[[u8; 32]],
    receipts: &[SignedReceipt],
) -> Result<(Checked, [u8; 32]), CheckError> {
    let first = receipts.first();
    let signed = |key: &&[u8; 32]| first.is_some_and(|first| first.verify(scope, key).is_ok());
    let key = keys.iter().find(signed).or(keys.first()).copied().unwrap_or_default();
    check(scope, &key, receipts).map(|checked| (checked, key))
}
