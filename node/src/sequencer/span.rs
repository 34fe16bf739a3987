//! Spans of time as operators write them.

use jiff::SignedDuration;
use serde::{de, Deserialize, Deserializer};
use std::{fmt, str::FromStr, time::Duration};

/// A span of time: `5s`, `500ms`, `1m 30s`, or a number of milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span(pub Duration);

/// A text that is not a span of time.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a span of time such as 5s, 500ms or 1m 30s, nor a number of milliseconds")]
pub struct SpanError(String);

impl FromStr for Span {
    type Err = SpanError;

    fn from_str(text: &str) -> Result<Self, SpanError> {
        let refused = || SpanError(text.into());
        if let Ok(milliseconds) = text.parse::<u64>() {
            return Ok(Self(Duration::from_millis(milliseconds)));
        }
        let span: SignedDuration = text.parse().map_err(|_| refused())?;
        Duration::try_from(span).map(Self).map_err(|_| refused())
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.0)
    }
}

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;

        impl de::Visitor<'_> for Visitor {
            type Value = Span;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a span of time such as \"5s\", or a number of milliseconds")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Span, E> {
                text.parse().map_err(E::custom)
            }

            fn visit_i64<E: de::Error>(self, number: i64) -> Result<Span, E> {
                let number =
                    u64::try_from(number).map_err(|_| E::invalid_value(de::Unexpected::Signed(number), &self))?;
                self.visit_u64(number)
            }

            fn visit_u64<E: de::Error>(self, number: u64) -> Result<Span, E> {
                Ok(Span(Duration::from_millis(number)))
            }
        }

        deserializer.deserialize_any(Visitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_should_be_numbers_with_units_or_milliseconds() {
        for (text, milliseconds) in [
            ("5000", 5_000),
            ("5s", 5_000),
            ("500ms", 500),
            ("1m 30s", 90_000),
            ("0", 0),
        ] {
            assert_eq!(text.parse(), Ok(Span(Duration::from_millis(milliseconds))), "{text}");
        }
        for text in ["", "-5s", "-5", "later", "5 parsecs"] {
            assert_eq!(text.parse::<Span>(), Err(SpanError(text.into())), "{text}");
        }
    }
}
