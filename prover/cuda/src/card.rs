//! A card.
#![allow(unsafe_code)]

use crate::{Argument, CudaError, Machine};
use cudarc::driver::{
    result::{self, DriverError},
    sys,
};
use std::{
    collections::HashMap,
    ffi::{c_void, CString},
    fmt,
    sync::Mutex,
};

/// Bytes that begin where the driver may read words of any size.
#[repr(C, align(64))]
struct Aligned<T: ?Sized>(T);

/// The kernels, for the architectures that `build.rs` names.
static KERNELS: &Aligned<[u8]> = &Aligned(*include_bytes!(concat!(env!("OUT_DIR"), "/kernels.fatbin")));

/// Threads of a block; the kernels' bounds are made for it.
const BLOCK: u32 = 128;

/// A card's context in this process, given back at the end.
struct Context {
    device: sys::CUdevice,
    context: sys::CUcontext,
}

impl Drop for Context {
    fn drop(&mut self) {
        // SAFETY: what `Card::open` took. At the end of a process the driver may be gone already; nobody minds then.
        let _ = unsafe { result::primary_ctx::release(self.device) };
    }
}

/// A card, with the kernels loaded.
pub struct Card {
    name: String,
    module: sys::CUmodule,
    kernels: Mutex<HashMap<&'static str, usize>>,
    context: Context,
}

impl Drop for Card {
    fn drop(&mut self) {
        if self.enter().is_ok() {
            // SAFETY: loaded in `Card::open`; kernels of it are asked for through the card alone.
            let _ = unsafe { result::module::unload(self.module) };
        }
    }
}

// SAFETY: contexts, modules and functions of the driver may be used by any thread that makes the context its own.
unsafe impl Send for Card {}
unsafe impl Sync for Card {}

impl fmt::Debug for Card {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Card").field("name", &self.name).finish_non_exhaustive()
    }
}

fn driver(call: &'static str) -> impl FnOnce(DriverError) -> CudaError {
    move |error| {
        let text = error
            .error_string()
            .ok()
            .map(|text| text.to_string_lossy().into_owned());
        CudaError::Driver {
            call,
            reason: text.unwrap_or_else(|| format!("{:?}", error.0)),
        }
    }
}

impl Card {
    /// The card of a number, counted from 0.
    ///
    /// # Errors
    /// [`CudaError::NoDriver`], [`CudaError::NoCard`], and those of the driver, if the kernels are not for this card.
    pub fn open(number: usize) -> Result<Self, CudaError> {
        // SAFETY: it looks for the library and nothing else.
        if !unsafe { sys::is_culib_present() } {
            return Err(CudaError::NoDriver);
        }
        result::init().map_err(driver("starting the driver"))?;
        let found = result::device::get_count().map_err(driver("counting the cards"))? as usize;
        if number >= found {
            return Err(CudaError::NoCard { wanted: number, found });
        }
        let device = result::device::get(number as i32).map_err(driver("opening the card"))?;
        let name = result::device::get_name(device).map_err(driver("naming the card"))?;
        // SAFETY: the device is one of the driver's; the image ends where its header says.
        unsafe {
            let context = result::primary_ctx::retain(device).map_err(driver("opening the card"))?;
            let context = Context { device, context };
            result::ctx::set_current(context.context).map_err(driver("opening the card"))?;
            let module = result::module::load_data(KERNELS.0.as_ptr().cast()).map_err(driver("loading the kernels"))?;
            Ok(Self {
                name,
                module,
                kernels: Mutex::new(HashMap::new()),
                context,
            })
        }
    }

    /// What the driver calls it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Makes the card this thread's.
    fn enter(&self) -> Result<(), CudaError> {
        // SAFETY: the context is held as long as the card.
        unsafe { result::ctx::set_current(self.context.context) }.map_err(driver("entering the card"))
    }

    fn kernel(&self, name: &'static str) -> Result<sys::CUfunction, CudaError> {
        let mut kernels = self.kernels.lock().unwrap_or_else(|broken| broken.into_inner());
        if let Some(function) = kernels.get(name) {
            return Ok(*function as sys::CUfunction);
        }
        let text = CString::new(name).expect("names of kernels have no zero in them");
        // SAFETY: the module is loaded.
        let function =
            unsafe { result::module::get_function(self.module, text) }.map_err(driver("finding a kernel"))?;
        kernels.insert(name, function as usize);
        Ok(function)
    }
}

impl Machine for Card {
    fn allocate(&self, bytes: usize) -> Result<u64, CudaError> {
        self.enter()?;
        // SAFETY: plain memory; whoever reads it has written it.
        unsafe { result::malloc_sync(bytes) }.map_err(|error| match error.0 {
            sys::CUresult::CUDA_ERROR_OUT_OF_MEMORY => CudaError::Memory {
                mebibytes: (bytes as u64).div_ceil(1 << 20),
            },
            _ => driver("taking memory")(error),
        })
    }

    unsafe fn free(&self, address: u64, _: usize) {
        // At the end of a process the driver may be gone already.
        if self.enter().is_ok() {
            let _ = result::free_sync(address);
        }
    }

    unsafe fn copy_in(&self, address: u64, bytes: &[u8]) -> Result<(), CudaError> {
        self.enter()?;
        result::memcpy_htod_sync(address, bytes).map_err(driver("copying to the card"))
    }

    unsafe fn copy_out(&self, bytes: &mut [u8], address: u64) -> Result<(), CudaError> {
        self.enter()?;
        result::memcpy_dtoh_sync(bytes, address).map_err(driver("copying from the card"))
    }

    unsafe fn fill(&self, address: u64, byte: u8, bytes: usize) -> Result<(), CudaError> {
        self.enter()?;
        result::memset_d8_sync(address, byte, bytes).map_err(driver("clearing memory"))
    }

    unsafe fn launch(&self, kernel: &'static str, threads: u32, arguments: &[Argument]) -> Result<(), CudaError> {
        if threads == 0 {
            return Ok(());
        }
        self.enter()?;
        let function = self.kernel(kernel)?;
        let mut values: Vec<u64> = std::iter::once(u64::from(threads))
            .chain(arguments.iter().map(|argument| match argument {
                Argument::Address(address) => *address,
                Argument::Number(number) => u64::from(*number),
            }))
            .collect();
        let mut pointers: Vec<*mut c_void> = values
            .iter_mut()
            .map(|value| std::ptr::from_mut(value).cast())
            .collect();
        let grid = (threads.div_ceil(BLOCK), 1, 1);
        result::launch_kernel(function, grid, (BLOCK, 1, 1), 0, std::ptr::null_mut(), &mut pointers)
            .map_err(driver(kernel))
    }

    fn wait(&self) -> Result<(), CudaError> {
        self.enter()?;
        result::ctx::synchronize().map_err(driver("waiting for the card"))
    }
}
