//! Hybrid public key encryption in base mode, one message for each key (RFC 9180): X25519, HKDF-SHA-256 and
//! ChaCha20-Poly1305.

use chacha20poly1305::{
    aead::{Aead, Payload},
    ChaCha20Poly1305, Key, KeyInit, Nonce,
};
use hkdf::{Hkdf, HkdfExtract};
use sha2::Sha256;
use x25519_dalek::{PublicKey, StaticSecret};
use zeroize::Zeroizing;

/// Length of the sender's public key, before the ciphertext, bytes.
pub const ENCAPSULATED: usize = 32;
/// Length of the tag that ends the ciphertext, bytes.
pub const TAG: usize = 16;

const VERSION: &[u8] = b"HPKE-v1";
/// DHKEM(X25519, HKDF-SHA256).
const KEM: &[u8] = b"KEM\x00\x20";
/// The same with HKDF-SHA256 and ChaCha20Poly1305.
const SUITE: &[u8] = b"HPKE\x00\x20\x00\x01\x00\x03";
/// Base mode: the sender is not authenticated by a key of its own.
const BASE: u8 = 0;

/// The other's key is a point of small order, with which every secret is the same, or the message is not as it was
/// sealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refused;

type Secret = Zeroizing<[u8; 32]>;

fn extract(suite: &[u8], salt: &[u8], label: &[u8], ikm: &[u8]) -> Secret {
    let mut all = HkdfExtract::<Sha256>::new(Some(salt));
    for part in [VERSION, suite, label, ikm] {
        all.input_ikm(part);
    }
    let (key, _) = all.finalize();
    Zeroizing::new(key.into())
}

fn expand(suite: &[u8], key: &Secret, label: &[u8], about: &[&[u8]], out: &mut [u8]) -> Result<(), Refused> {
    let length = u16::try_from(out.len()).map_err(|_| Refused)?.to_be_bytes();
    let mut parts: Vec<&[u8]> = vec![&length, VERSION, suite, label];
    parts.extend(about);
    let key = Hkdf::<Sha256>::from_prk(key.as_slice()).map_err(|_| Refused)?;
    key.expand_multi_info(&parts, out).map_err(|_| Refused)
}

/// The cipher and nonce of what `own` and `other` agree on. `sender` and `recipient` are their public keys.
fn cipher(
    own: &StaticSecret,
    other: &PublicKey,
    sender: &PublicKey,
    recipient: &PublicKey,
    info: &[u8],
) -> Result<(ChaCha20Poly1305, Nonce), Refused> {
    let shared = own.diffie_hellman(other);
    if !shared.was_contributory() {
        return Err(Refused);
    }
    let point = extract(KEM, b"", b"eae_prk", shared.as_bytes());
    let mut agreed = Secret::default();
    let about = [sender.as_bytes().as_slice(), recipient.as_bytes()];
    expand(KEM, &point, b"shared_secret", &about, agreed.as_mut_slice())?;
    let (no_key, info) = (
        extract(SUITE, b"", b"psk_id_hash", b""),
        extract(SUITE, b"", b"info_hash", info),
    );
    let context = [&[BASE], no_key.as_slice(), info.as_slice()];
    let secret = extract(SUITE, agreed.as_slice(), b"secret", b"");
    let (mut key, mut nonce) = (Secret::default(), [0; 12]);
    expand(SUITE, &secret, b"key", &context, key.as_mut_slice())?;
    expand(SUITE, &secret, b"base_nonce", &context, &mut nonce)?;
    Ok((
        ChaCha20Poly1305::new(Key::from_slice(key.as_slice())),
        Nonce::from(nonce),
    ))
}

/// Seals a message under a sender's key that is used once.
pub fn seal(
    ephemeral: &StaticSecret,
    recipient: &PublicKey,
    info: &[u8],
    aad: &[u8],
    msg: &[u8],
) -> Result<Vec<u8>, Refused> {
    let sender = PublicKey::from(ephemeral);
    let (cipher, nonce) = cipher(ephemeral, recipient, &sender, recipient, info)?;
    let sealed = cipher.encrypt(&nonce, Payload { msg, aad }).map_err(|_| Refused)?;
    Ok([sender.as_bytes(), sealed.as_slice()].concat())
}

/// Opens a message.
pub fn open(own: &StaticSecret, info: &[u8], aad: &[u8], sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, Refused> {
    let (sender, msg) = sealed.split_first_chunk::<ENCAPSULATED>().ok_or(Refused)?;
    let sender = PublicKey::from(*sender);
    let (cipher, nonce) = cipher(own, &sender, &sender, &PublicKey::from(own), info)?;
    let opened = cipher.decrypt(&nonce, Payload { msg, aad }).map_err(|_| Refused)?;
    Ok(Zeroizing::new(opened))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes<const N: usize>(digits: &str) -> [u8; N] {
        let mut out = [0; N];
        hex::decode_to_slice(digits, &mut out).expect("hexadecimal digits");
        out
    }

    /// RFC 9180, A.2.1: base mode of this suite, the first message.
    #[test]
    fn the_vector_of_the_standard_should_be_sealed_and_opened() {
        let sender = bytes("f4ec9b33b792c372c1d2c2063507b684ef925b8c75a42dbcbf57d63ccd381600");
        let recipient = bytes("8057991eef8f1f1af18f4a9491d16a1ce333f695d4db8e38da75975c4478e0fb");
        let recipient = StaticSecret::from(recipient);
        let public = PublicKey::from(&recipient);
        assert_eq!(
            public.as_bytes(),
            &bytes("4310ee97d88cc1f088a5576c77ab0cf5c3ac797f3d95139c6c84b5429c59662a")
        );
        let info: [u8; 20] = bytes("4f6465206f6e2061204772656369616e2055726e");
        let plain = b"Beauty is truth, truth beauty";
        let expected: [u8; 32 + 29 + TAG] = bytes(concat!(
            "1afa08d3dec047a643885163f1180476fa7ddb54c6a8029ea33f95796bf2ac4a",
            "1c5250d8034ec2b784ba2cfd69dbdb8af406cfe3ff938e131f0def8c8b60b4db21993c62ce81883d2dd1b51a28"
        ));
        let sealed = seal(&StaticSecret::from(sender), &public, &info, b"Count-0", plain);
        assert_eq!(sealed, Ok(expected.to_vec()));
        let opened = open(&recipient, &info, b"Count-0", &expected).expect("the message");
        assert_eq!(opened.as_slice(), plain);
        assert_eq!(open(&recipient, &info, b"Count-1", &expected), Err(Refused));
        assert_eq!(open(&recipient, b"", b"Count-0", &expected), Err(Refused));
        assert_eq!(open(&recipient, &info, b"Count-0", &expected[..31]), Err(Refused));
    }
}
