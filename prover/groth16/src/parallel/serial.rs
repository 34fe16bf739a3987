//! The part of `rayon`'s interface that is used here, one step after the other.
#![cfg_attr(feature = "native", allow(dead_code))] // Compiled for its tests.

use core::{iter, slice};

/// The number of threads that loops are spread over.
pub fn current_num_threads() -> usize {
    1
}

/// The results of both, the first computed first.
pub fn join<A, B>(first: impl FnOnce() -> A, second: impl FnOnce() -> B) -> (A, B) {
    (first(), second())
}

/// What a loop begins with.
pub mod prelude {
    pub use super::{IntoSerial, SerialSlice};
}

/// A loop. Its methods are those that `rayon` has and [`Iterator`] lacks or defines otherwise.
pub struct Serial<I>(I);

impl<I: Iterator> Serial<I> {
    /// Each item with its number.
    pub fn enumerate(self) -> Serial<iter::Enumerate<I>> {
        Serial(self.0.enumerate())
    }

    /// The items of both, one after the other.
    pub fn chain<J: IntoIterator<Item = I::Item>>(self, other: J) -> Serial<iter::Chain<I, J::IntoIter>> {
        Serial(self.0.chain(other))
    }

    /// The items of both, in pairs.
    pub fn zip<J: Iterator>(self, other: Serial<J>) -> Serial<iter::Zip<I, J>> {
        Serial(self.0.zip(other.0))
    }

    /// What a function makes of each item.
    pub fn map<T>(self, f: impl Fn(I::Item) -> T) -> Serial<impl Iterator<Item = T>> {
        Serial(self.0.map(f))
    }

    /// Runs a function on each item.
    pub fn for_each(self, f: impl Fn(I::Item)) {
        self.0.for_each(f);
    }

    /// Runs a function on each item, with memory that it may keep from one to the next.
    pub fn for_each_init<T>(self, init: impl Fn() -> T, f: impl Fn(&mut T, I::Item)) {
        let mut memory = init();
        self.0.for_each(|item| f(&mut memory, item));
    }

    /// The first result of a function that is one.
    pub fn find_map_first<T>(mut self, f: impl Fn(I::Item) -> Option<T>) -> Option<T> {
        self.0.find_map(f)
    }

    /// The number of the first item that a test accepts.
    pub fn position_first(mut self, test: impl Fn(I::Item) -> bool) -> Option<usize> {
        self.0.position(test)
    }

    /// All items.
    pub fn collect<C: FromIterator<I::Item>>(self) -> C {
        self.0.collect()
    }

    /// All items, in the place of what the vector held.
    pub fn collect_into_vec(self, target: &mut Vec<I::Item>) {
        target.clear();
        target.extend(self.0);
    }

    /// All items joined by an associative function, beginning with its neutral element.
    pub fn reduce(self, neutral: impl Fn() -> I::Item, f: impl Fn(I::Item, I::Item) -> I::Item) -> I::Item {
        self.0.fold(neutral(), f)
    }
}

/// Loops over slices.
pub trait SerialSlice<T> {
    /// Over references.
    fn par_iter(&self) -> Serial<slice::Iter<'_, T>>;
    /// Over mutable references.
    fn par_iter_mut(&mut self) -> Serial<slice::IterMut<'_, T>>;
    /// Over pieces of a size; the last may be shorter.
    fn par_chunks(&self, size: usize) -> Serial<slice::Chunks<'_, T>>;
    /// Over mutable pieces of a size; the last may be shorter.
    fn par_chunks_mut(&mut self, size: usize) -> Serial<slice::ChunksMut<'_, T>>;
}

impl<T> SerialSlice<T> for [T] {
    fn par_iter(&self) -> Serial<slice::Iter<'_, T>> {
        Serial(self.iter())
    }

    fn par_iter_mut(&mut self) -> Serial<slice::IterMut<'_, T>> {
        Serial(self.iter_mut())
    }

    fn par_chunks(&self, size: usize) -> Serial<slice::Chunks<'_, T>> {
        Serial(self.chunks(size))
    }

    fn par_chunks_mut(&mut self, size: usize) -> Serial<slice::ChunksMut<'_, T>> {
        Serial(self.chunks_mut(size))
    }
}

/// Loops over everything that has an iterator.
pub trait IntoSerial: IntoIterator + Sized {
    /// Over the items.
    fn into_par_iter(self) -> Serial<Self::IntoIter> {
        Serial(self.into_iter())
    }
}

impl<I: IntoIterator> IntoSerial for I {}

#[cfg(all(test, feature = "native"))]
mod tests {
    /// Evaluates the same loop over all cores and one step after the other.
    macro_rules! assert_same {
        ($loop:expr) => {{
            let serial = {
                use super::prelude::*;
                $loop
            };
            let parallel = {
                use rayon::prelude::*;
                $loop
            };
            assert_eq!(serial, parallel);
        }};
    }

    #[test]
    fn loops_on_one_thread_give_what_loops_on_many_do() {
        let numbers: Vec<u64> = (0..1000).map(|i| i * i % 997).collect();
        assert_same!(numbers.par_iter().map(|x| x + 1).collect::<Vec<_>>());
        assert_same!(numbers.par_iter().chain(&numbers).map(|x| x + 1).collect::<Vec<_>>());
        assert_same!(numbers
            .par_iter()
            .enumerate()
            .find_map_first(|(i, x)| (*x == 4).then_some(i)));
        assert_same!(numbers
            .par_iter()
            .enumerate()
            .find_map_first(|(i, x)| (*x > 997).then_some(i)));
        assert_same!(numbers.par_iter().position_first(|x| *x == 1));
        assert_same!((0..17usize).into_par_iter().map(|i| 3 * i).collect::<Vec<_>>());
        assert_same!((0..17usize)
            .into_par_iter()
            .map(|i| if i < 9 { Ok(i) } else { Err(i / 100) })
            .collect::<Result<Vec<_>, _>>());
        assert_same!(numbers
            .par_chunks(7)
            .zip(numbers.par_chunks(7))
            .map(|(a, b)| a.len() + b.len())
            .reduce(|| 0, |a, b| a + b));
        assert_same!({
            let mut out = vec![9; 3];
            numbers.par_iter().map(|x| x + 2).collect_into_vec(&mut out);
            out
        });
        assert_same!({
            let mut out = numbers.clone();
            out.par_chunks_mut(10)
                .enumerate()
                .for_each(|(i, piece)| piece[0] = i as u64);
            out.par_iter_mut().for_each(|x| *x += 1);
            out.par_chunks_mut(3)
                .zip(numbers.par_chunks(3))
                .for_each_init(Vec::new, |memory, (out, from)| {
                    memory.clear();
                    memory.extend_from_slice(from);
                    out[0] += memory.iter().sum::<u64>();
                });
            out
        });
    }

    #[test]
    fn both_sides_of_a_join_are_computed() {
        assert_eq!(super::join(|| 1, || "two"), rayon::join(|| 1, || "two"));
        assert_eq!(super::current_num_threads(), 1);
    }
}
