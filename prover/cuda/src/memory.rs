//! Arrays in a machine's memory.
#![allow(unsafe_code)]

use crate::{Argument, CudaError, Machine};
use std::{marker::PhantomData, sync::Arc};

/// What arrays hold: plain words, of any value.
///
/// # Safety
/// Every value of its bytes is a value of the type, and it has no padding.
pub unsafe trait Plain: Copy + 'static {}

// SAFETY: words of any value, and arrays of them.
unsafe impl Plain for u32 {}
unsafe impl Plain for u64 {}
unsafe impl<T: Plain, const N: usize> Plain for [T; N] {}

/// An array.
pub struct Memory<M: Machine, T> {
    machine: Arc<M>,
    address: u64,
    length: usize,
    of: PhantomData<T>,
}

impl<M: Machine, T> Drop for Memory<M, T> {
    fn drop(&mut self) {
        if self.length != 0 {
            // SAFETY: what `new` took; nobody has the address any more, for kernels run in order.
            unsafe { self.machine.free(self.address, self.length * size_of::<T>()) };
        }
    }
}

impl<M: Machine, T: Plain> Memory<M, T> {
    /// Room for `length` elements, of any value.
    pub fn new(machine: &Arc<M>, length: usize) -> Result<Self, CudaError> {
        let address = match length {
            0 => 0,
            _ => machine.allocate(length * size_of::<T>())?,
        };
        Ok(Self {
            machine: machine.clone(),
            address,
            length,
            of: PhantomData,
        })
    }

    /// A copy of elements.
    pub fn of(machine: &Arc<M>, elements: &[T]) -> Result<Self, CudaError> {
        let memory = Self::new(machine, elements.len())?;
        memory.write(0, elements)?;
        Ok(memory)
    }

    /// Number of elements.
    pub fn len(&self) -> usize {
        self.length
    }

    /// Copies elements in, from place `at` on.
    ///
    /// # Panics
    /// If they do not fit.
    pub fn write(&self, at: usize, elements: &[T]) -> Result<(), CudaError> {
        assert!(at + elements.len() <= self.length);
        if elements.is_empty() {
            return Ok(());
        }
        // SAFETY: plain words; the place is within the allocation.
        unsafe {
            let bytes = std::slice::from_raw_parts(elements.as_ptr().cast(), size_of_val(elements));
            self.machine.copy_in(self.place(at), bytes)
        }
    }

    /// The element at a place.
    ///
    /// # Panics
    /// If there is no such place.
    pub fn read(&self, at: usize) -> Result<T, CudaError> {
        assert!(at < self.length);
        // SAFETY: every value of the bytes is an element; the place is within the allocation.
        unsafe {
            let mut element = std::mem::zeroed::<T>();
            let bytes = std::slice::from_raw_parts_mut(std::ptr::from_mut(&mut element).cast(), size_of::<T>());
            self.machine.copy_out(bytes, self.place(at))?;
            Ok(element)
        }
    }

    /// Sets all bytes of `count` elements from place `at` on.
    ///
    /// # Panics
    /// If there are no such places.
    pub fn fill(&self, at: usize, count: usize, byte: u8) -> Result<(), CudaError> {
        assert!(at + count <= self.length);
        if count == 0 {
            return Ok(());
        }
        // SAFETY: the places are within the allocation.
        unsafe { self.machine.fill(self.place(at), byte, count * size_of::<T>()) }
    }

    /// Overwrites all of it.
    pub fn wipe(&self) -> Result<(), CudaError> {
        self.fill(0, self.length, 0)
    }

    /// The array as an argument, from place `at` on.
    ///
    /// # Panics
    /// If there is no such place.
    pub fn starting_at(&self, at: usize) -> Argument {
        assert!(at <= self.length);
        Argument::Address(self.place(at))
    }

    /// The array as an argument.
    pub fn all(&self) -> Argument {
        self.starting_at(0)
    }

    fn place(&self, at: usize) -> u64 {
        self.address + (at * size_of::<T>()) as u64
    }
}
