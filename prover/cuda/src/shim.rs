//! This processor in the place of a card.
#![allow(unsafe_code)]

use crate::{Argument, CudaError, Machine};
use std::{
    alloc::{alloc, dealloc, Layout},
    ffi::{c_char, c_void, CString},
};

unsafe extern "C" {
    fn cloister_cuda_shim(name: *const c_char, threads: u32, arguments: *const *mut c_void, count: usize) -> bool;
}

/// This processor. Memory is poisoned when it is taken, so that a test notices what nobody has written.
#[derive(Clone, Copy, Debug, Default)]
pub struct Shim;

fn layout(bytes: usize) -> Layout {
    Layout::from_size_align(bytes, 256).expect("an allocation's size")
}

impl Machine for Shim {
    fn allocate(&self, bytes: usize) -> Result<u64, CudaError> {
        // SAFETY: arrays of no length are never asked for.
        let pointer = unsafe { alloc(layout(bytes)) };
        if pointer.is_null() {
            return Err(CudaError::Memory {
                mebibytes: (bytes >> 20) as u64,
            });
        }
        // SAFETY: just taken.
        unsafe { pointer.write_bytes(0xa5, bytes) };
        Ok(pointer as u64)
    }

    unsafe fn free(&self, address: u64, bytes: usize) {
        dealloc(address as *mut u8, layout(bytes));
    }

    unsafe fn copy_in(&self, address: u64, bytes: &[u8]) -> Result<(), CudaError> {
        (address as *mut u8).copy_from_nonoverlapping(bytes.as_ptr(), bytes.len());
        Ok(())
    }

    unsafe fn copy_out(&self, bytes: &mut [u8], address: u64) -> Result<(), CudaError> {
        bytes
            .as_mut_ptr()
            .copy_from_nonoverlapping(address as *const u8, bytes.len());
        Ok(())
    }

    unsafe fn fill(&self, address: u64, byte: u8, bytes: usize) -> Result<(), CudaError> {
        (address as *mut u8).write_bytes(byte, bytes);
        Ok(())
    }

    unsafe fn launch(&self, kernel: &'static str, threads: u32, arguments: &[Argument]) -> Result<(), CudaError> {
        let name = CString::new(kernel).expect("a name");
        let mut values: Vec<u64> = arguments
            .iter()
            .map(|argument| match argument {
                Argument::Address(address) => *address,
                // The lower half comes first on the processors that tests run on.
                Argument::Number(number) => u64::from(*number),
            })
            .collect();
        let pointers: Vec<*mut c_void> = values
            .iter_mut()
            .map(|value| std::ptr::from_mut(value).cast())
            .collect();
        let known = cloister_cuda_shim(name.as_ptr(), threads, pointers.as_ptr(), pointers.len());
        assert!(known, "no kernel {kernel} with {} arguments", arguments.len());
        Ok(())
    }

    fn wait(&self) -> Result<(), CudaError> {
        Ok(())
    }
}
