//! How integers and bytes go over the wire.

use cloister_types::{Amount, InstructionId, Lots, Money, PerLot, Position, Price, Total};
use serde::{de, Deserialize, Deserializer, Serialize, Serializer};
use std::{fmt, marker::PhantomData, str::FromStr};

/// An integer, bare or as one of [`cloister_types`].
pub trait Integer: Copy + From<Self::Bare> + Into<Self::Bare> {
    /// The bare integer. It is what goes over the wire, because money is displayed in whole units.
    type Bare: fmt::Display + FromStr + TryFrom<u64> + TryFrom<i64>;
}

macro_rules! integers {
    ($($name:ty: $bare:ty),* $(,)?) => {
        $(
            impl Integer for $name {
                type Bare = $bare;
            }
        )*
    };
}

integers! {
    u64: u64,
    u128: u128,
    Amount: u64,
    InstructionId: u64,
    Lots: u64,
    Money: i128,
    PerLot: i64,
    Position: i64,
    Price: u64,
    Total: u128,
}

/// An integer that is written as [`decimal`] does.
#[derive(Serialize, Deserialize)]
#[serde(transparent, bound = "T: Integer")]
struct Decimal<T>(#[serde(with = "decimal")] T);

/// Integers as decimal strings; numbers are read too. For `#[serde(with = "decimal")]`.
pub mod decimal {
    use super::*;

    /// Writes the integer as a string.
    ///
    /// # Errors
    /// Those of the serializer.
    pub fn serialize<T: Integer, S: Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
        let bare: T::Bare = (*value).into();
        serializer.collect_str(&bare)
    }

    /// Reads a string, as [`serialize`] writes it, or a number.
    ///
    /// # Errors
    /// It is neither, or does not fit.
    pub fn deserialize<'de, T, D>(deserializer: D) -> Result<T, D::Error>
    where
        T: Integer,
        D: Deserializer<'de>,
    {
        struct Visitor<T>(PhantomData<T>);

        impl<T: Integer> de::Visitor<'_> for Visitor<T> {
            type Value = T;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an integer, as a decimal string or a number")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<T, E> {
                let bare = text.parse::<T::Bare>().ok();
                // Each integer is written in one way: without a plus sign, and without zeros before it.
                bare.filter(|bare| bare.to_string() == text)
                    .map(T::from)
                    .ok_or_else(|| E::invalid_value(de::Unexpected::Str(text), &self))
            }

            fn visit_u64<E: de::Error>(self, number: u64) -> Result<T, E> {
                T::Bare::try_from(number)
                    .map(T::from)
                    .map_err(|_| E::invalid_value(de::Unexpected::Unsigned(number), &self))
            }

            fn visit_i64<E: de::Error>(self, number: i64) -> Result<T, E> {
                T::Bare::try_from(number)
                    .map(T::from)
                    .map_err(|_| E::invalid_value(de::Unexpected::Signed(number), &self))
            }
        }

        deserializer.deserialize_any(Visitor(PhantomData))
    }
}

/// Integers that may be missing: `null`, or as in [`decimal`]. For `#[serde(default, with = "optional_decimal")]`.
pub mod optional_decimal {
    use super::*;

    /// Writes `null` or the integer as a string.
    ///
    /// # Errors
    /// Those of the serializer.
    pub fn serialize<T: Integer, S: Serializer>(value: &Option<T>, serializer: S) -> Result<S::Ok, S::Error> {
        value.map(Decimal).serialize(serializer)
    }

    /// Reads `null`, a string or a number.
    ///
    /// # Errors
    /// It is none of these, or does not fit.
    pub fn deserialize<'de, T, D>(deserializer: D) -> Result<Option<T>, D::Error>
    where
        T: Integer,
        D: Deserializer<'de>,
    {
        Ok(Option::<Decimal<T>>::deserialize(deserializer)?.map(|Decimal(value)| value))
    }
}

/// Pairs of an id and an integer, the integer as in [`decimal`]. For `#[serde(with = "decimal_pairs")]`.
pub mod decimal_pairs {
    use super::*;

    /// Writes each integer as a string.
    ///
    /// # Errors
    /// Those of the serializer.
    pub fn serialize<K: Serialize, T: Integer, S: Serializer>(
        pairs: &[(K, T)],
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(pairs.iter().map(|(id, value)| (id, Decimal(*value))))
    }

    /// Reads pairs whose integers are strings or numbers.
    ///
    /// # Errors
    /// It is not a list of pairs, or an integer does not fit.
    pub fn deserialize<'de, K, T, D>(deserializer: D) -> Result<Vec<(K, T)>, D::Error>
    where
        K: Deserialize<'de>,
        T: Integer,
        D: Deserializer<'de>,
    {
        let pairs = Vec::<(K, Decimal<T>)>::deserialize(deserializer)?;
        Ok(pairs.into_iter().map(|(id, Decimal(value))| (id, value)).collect())
    }
}

/// Byte arrays as hexadecimal with `0x`. For `#[serde(with = "bytes")]`.
pub mod bytes {
    use super::*;

    /// Writes `0x` and lower-case digits.
    ///
    /// # Errors
    /// Those of the serializer.
    pub fn serialize<const N: usize, S: Serializer>(value: &[u8; N], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("0x{}", hex::encode(value)))
    }

    /// Reads hexadecimal, with or without `0x`.
    ///
    /// # Errors
    /// Not hexadecimal, or of another length.
    pub fn deserialize<'de, const N: usize, D: Deserializer<'de>>(deserializer: D) -> Result<[u8; N], D::Error> {
        struct Visitor<const N: usize>;

        impl<const N: usize> de::Visitor<'_> for Visitor<N> {
            type Value = [u8; N];

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{N} bytes in hexadecimal")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<[u8; N], E> {
                let digits = text.strip_prefix("0x").unwrap_or(text);
                let mut out = [0; N];
                hex::decode_to_slice(digits, &mut out)
                    .map_err(|_| E::invalid_value(de::Unexpected::Str(text), &self))?;
                Ok(out)
            }
        }

        deserializer.deserialize_str(Visitor::<N>)
    }
}
