//! What a log must not tell.

/// Whether a log has a word of its own that reads like this. Letters and digits beside it make another word of it, so
/// that `75` is not found in `1750`.
pub fn tells(log: &str, secret: &str) -> bool {
    let (log, secret) = (log.to_lowercase(), secret.to_lowercase());
    let secret = secret.trim_start_matches("0x");
    let inside = |c: char| c.is_ascii_alphanumeric();
    log.match_indices(secret).any(|(at, _)| {
        let before = log[..at].strip_suffix("0x").unwrap_or(&log[..at]);
        let after = &log[at + secret.len()..];
        !secret.is_empty() && !before.ends_with(inside) && !after.starts_with(inside)
    })
}

/// Fails if a log tells a secret: an amount, a price, a key, a seed.
///
/// # Panics
/// It does, and the panic names the first line that does.
pub fn assert_quiet<S: AsRef<str>>(log: &str, secrets: &[S]) {
    assert!(!log.is_empty(), "a log that was not written tells nothing");
    for secret in secrets {
        let line = log.lines().find(|line| tells(line, secret.as_ref()));
        assert_eq!(line, None, "the log tells {:?}", secret.as_ref());
    }
}

#[cfg(test)]
mod tests {
    use super::{assert_quiet, tells};

    #[test]
    fn a_secret_is_found_as_a_word_and_not_inside_another() {
        for log in ["75", "paid 75 units", "lots=75,", "key 0x75", "7 (75)"] {
            assert!(tells(log, "75"), "{log}");
        }
        for log in ["175", "750", "0x1750", "batch 7 5", ""] {
            assert!(!tells(log, "75"), "{log}");
        }
        assert!(tells("key 0xAB12", "ab12") && tells("key ab12", "0xAB12"));
    }

    #[test]
    #[should_panic(expected = "the log tells \"75\"")]
    fn a_log_that_tells_a_secret_fails() {
        assert_quiet("batch 1\n75 lots", &["9", "75"]);
    }
}
