//! What runs kernels.

use crate::CudaError;

/// An argument of a kernel.
#[derive(Clone, Copy, Debug)]
pub enum Argument {
    /// An address in the machine's memory; 0 is none.
    Address(u64),
    /// A number.
    Number(u32),
}

/// A machine that runs kernels, one after the other. Kernels, copies and allocations take effect in the order in which
/// they are asked for; an error of a kernel may show at a later call.
pub trait Machine: Send + Sync {
    /// Takes memory, aligned to 256 bytes.
    ///
    /// # Errors
    /// [`CudaError::Memory`] if there is not enough.
    fn allocate(&self, bytes: usize) -> Result<u64, CudaError>;

    /// Gives memory back.
    ///
    /// # Safety
    /// The address is of [`Machine::allocate`] with this number of bytes, and is not used again.
    #[allow(unsafe_code)]
    unsafe fn free(&self, address: u64, bytes: usize);

    /// Copies to the machine.
    ///
    /// # Safety
    /// The bytes from the address on belong to one allocation.
    ///
    /// # Errors
    /// Those of the driver.
    #[allow(unsafe_code)]
    unsafe fn copy_in(&self, address: u64, bytes: &[u8]) -> Result<(), CudaError>;

    /// Copies from the machine, once all kernels before have ended.
    ///
    /// # Safety
    /// The bytes from the address on belong to one allocation.
    ///
    /// # Errors
    /// Those of the driver.
    #[allow(unsafe_code)]
    unsafe fn copy_out(&self, bytes: &mut [u8], address: u64) -> Result<(), CudaError>;

    /// Sets bytes.
    ///
    /// # Safety
    /// The bytes from the address on belong to one allocation.
    ///
    /// # Errors
    /// Those of the driver.
    #[allow(unsafe_code)]
    unsafe fn fill(&self, address: u64, byte: u8, bytes: usize) -> Result<(), CudaError>;

    /// Runs a kernel with this many threads; it is given their number before the arguments.
    ///
    /// # Safety
    /// The kernel has these arguments, and reads and writes within allocations.
    ///
    /// # Errors
    /// Those of the driver.
    #[allow(unsafe_code)]
    unsafe fn launch(&self, kernel: &'static str, threads: u32, arguments: &[Argument]) -> Result<(), CudaError>;

    /// Waits until all kernels have ended.
    ///
    /// # Errors
    /// Those of the driver, an earlier kernel's included.
    fn wait(&self) -> Result<(), CudaError>;
}
