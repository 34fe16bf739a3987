//! Choices from bytes. Every string of bytes is a sequence of choices: where there are no more, every choice is 0.

/// Bytes that choices are made from.
#[derive(Clone, Copy, Debug)]
pub struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    /// All of these.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// Whether all have been used.
    pub fn are_used(&self) -> bool {
        self.0.is_empty()
    }

    /// A byte.
    pub fn byte(&mut self) -> u8 {
        match self.0.split_first() {
            Some((first, rest)) => {
                self.0 = rest;
                *first
            }
            None => 0,
        }
    }

    /// Sixteen bits.
    pub fn word(&mut self) -> u16 {
        u16::from_le_bytes([self.byte(), self.byte()])
    }

    /// True once in so many times.
    pub fn once_in(&mut self, times: u8) -> bool {
        self.byte() % times == 1
    }

    /// False once in so many times.
    pub fn but_once_in(&mut self, times: u8) -> bool {
        !self.byte().is_multiple_of(times)
    }

    /// One of these; there is one at least.
    pub fn of<T: Clone>(&mut self, choices: &[T]) -> T {
        let choice = usize::from(self.byte()) % choices.len();
        choices[choice].clone()
    }

    /// An amount of money: what bounds are about, a little more, a little less, and what is ordinary.
    pub fn amount(&mut self) -> u64 {
        let some = |bytes: &mut Self| 1_000_000 + u64::from(bytes.word()) * 7_001;
        match self.byte() % 24 {
            0 => 0,
            1 => 1,
            2 => 999_999,
            3 => 1_000_000,
            4 => 1_000_001,
            5 => 10_000_000_000_000,
            6 => 10_000_000_000_001,
            7 => 1_000_000_000_000_000,
            8 => 1_000_000_000_000_001,
            9 => u64::MAX - 1,
            10 => u64::MAX,
            11 => u64::from(self.byte()),
            12 | 13 => some(self) * 1_000,
            _ => some(self),
        }
    }
}
