//! Receipts of a sequencer, under whichever of a group's keys has signed them (Q-RECEIPT).

use cloister_receipts::{check, CheckError, Checked, Scope, SignedReceipt};

/// Which of the keys has signed a receipt.
pub fn signer(scope: &Scope, keys: &[[u8; 32]], receipt: &SignedReceipt) -> Option<[u8; 32]> {
    keys.iter().find(|key| receipt.verify(scope, key).is_ok()).copied()
}

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
    let signed = receipts.first().and_then(|first| signer(scope, keys, first));
    let key = signed.or(keys.first().copied()).unwrap_or_default();
    check(scope, &key, receipts).map(|checked| (checked, key))
}
