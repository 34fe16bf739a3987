//! Writing key files.
#![allow(unsafe_code)]

use super::{
    header::{chunk_hashes, Header, Layout, ALIGNMENT, CHUNK, HEADER},
    section::Section,
};
use crate::{key::VerifyingKey, parallel, CircuitId, G1Affine, G2Affine, KeyError, ProvingKey};
use std::{
    fs::{self, File, OpenOptions},
    io::{self, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
    process,
    sync::atomic::{AtomicU64, Ordering},
};

/// Bytes that are collected before they are hashed and written: a chunk for each of a few cores.
const BUFFER: usize = 4 * CHUNK;

/// Writes a key file in pieces, so that nobody need hold a whole key.
///
/// It writes to a temporary file beside the target, which gets its name when it is whole and on the disk. On any error,
/// and when the writer is dropped before [`KeyWriter::finish`], the temporary file is removed. Sections come in the
/// order of [`Section`], each in as many pieces as the caller likes.
#[derive(Debug)]
pub struct KeyWriter {
    path: PathBuf,
    temporary: Temporary,
    file: File,
    circuit: CircuitId,
    development: bool,
    section: Section,
    counts: [u64; Section::ALL.len()],
    /// Of the file as far as it is written.
    length: u64,
    /// Chunk hashes of the body as far as it is written.
    hashes: Vec<[u8; 64]>,
    /// The body after that.
    buffer: Vec<u8>,
}

/// A file that is removed unless it is renamed.
#[derive(Debug)]
struct Temporary {
    path: PathBuf,
    renamed: bool,
}

impl Temporary {
    /// Creates a file of a name that no other writer has.
    fn create(target: &Path) -> Result<(Self, File), KeyError> {
        static COUNTER: AtomicU64 = AtomicU64::new(0);
        let number = COUNTER.fetch_add(1, Ordering::Relaxed);
        let path = target.with_extension(format!("{}.{number}.part", process::id()));
        let file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .open(&path)
            .map_err(KeyError::io(target))?;
        Ok((Self { path, renamed: false }, file))
    }

    fn rename(mut self, target: &Path) -> io::Result<()> {
        fs::rename(&self.path, target)?;
        self.renamed = true;
        // The name is on the disk when the directory is.
        #[cfg(unix)]
        {
            let parent = target.parent().filter(|p| !p.as_os_str().is_empty());
            File::open(parent.unwrap_or(Path::new(".")))?.sync_all()?;
        }
        Ok(())
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        if !self.renamed {
            // Nothing better can be done with an error here.
            let _ = fs::remove_file(&self.path);
        }
    }
}

impl KeyWriter {
    /// Begins a file.
    ///
    /// # Errors
    /// [`KeyError::Io`].
    pub fn create(path: &Path, circuit: CircuitId, development: bool) -> Result<Self, KeyError> {
        let (temporary, file) = Temporary::create(path)?;
        Ok(Self {
            path: path.into(),
            temporary,
            file,
            circuit,
            development,
            section: Section::H,
            counts: [0; Section::ALL.len()],
            length: HEADER as u64,
            hashes: Vec::new(),
            buffer: Vec::with_capacity(BUFFER),
        })
    }

    /// Appends to [`Section::H`].
    ///
    /// # Errors
    /// [`KeyError::Io`], [`KeyError::SectionOrder`].
    pub fn h(&mut self, points: &[G1Affine]) -> Result<(), KeyError> {
        self.append(Section::H, g1_bytes(points))
    }

    /// Appends to [`Section::L`].
    ///
    /// # Errors
    /// As [`KeyWriter::h`].
    pub fn l(&mut self, points: &[G1Affine]) -> Result<(), KeyError> {
        self.append(Section::L, g1_bytes(points))
    }

    /// Appends to [`Section::A`].
    ///
    /// # Errors
    /// As [`KeyWriter::h`].
    pub fn a(&mut self, points: &[G1Affine]) -> Result<(), KeyError> {
        self.append(Section::A, g1_bytes(points))
    }

    /// Appends to [`Section::BG1`].
    ///
    /// # Errors
    /// As [`KeyWriter::h`].
    pub fn b_g1(&mut self, points: &[G1Affine]) -> Result<(), KeyError> {
        self.append(Section::BG1, g1_bytes(points))
    }

    /// Appends to [`Section::BG2`].
    ///
    /// # Errors
    /// As [`KeyWriter::h`].
    pub fn b_g2(&mut self, points: &[G2Affine]) -> Result<(), KeyError> {
        self.append(Section::BG2, g2_bytes(points))
    }

    /// Writes the verifying key and the header, waits until everything is on the disk, and gives the file its name.
    ///
    /// # Errors
    /// [`KeyError::Io`]; [`KeyError::Layout`] if points were lost because the caller went on after an error.
    pub fn finish(mut self, vk: &VerifyingKey) -> Result<(), KeyError> {
        self.append(Section::Vk, &vk.to_bytes())?;
        self.flush()?;
        let Self {
            path,
            temporary,
            mut file,
            circuit,
            development,
            counts,
            length,
            hashes,
            ..
        } = self;
        // They differ if the caller went on after an error.
        let layout = Layout::of(counts)
            .filter(|l| l.length == length)
            .ok_or_else(|| KeyError::Layout(path.clone()))?;
        let done = || -> io::Result<()> {
            let header = Header {
                circuit,
                development,
                layout,
            };
            // Until now the file began with zeros: it was no key file.
            file.seek(SeekFrom::Start(0))?;
            file.write_all(&header.encode(&hashes))?;
            file.sync_all()?;
            drop(file);
            temporary.rename(&path)
        };
        done().map_err(KeyError::io(&path))
    }

    fn append(&mut self, section: Section, bytes: &[u8]) -> Result<(), KeyError> {
        if section < self.section {
            return Err(KeyError::SectionOrder {
                given: section,
                last: self.section,
            });
        }
        while self.section < section {
            // Chunks and header are multiples of the alignment, so the buffer's end is as far from one as the file's.
            let gap = self.buffer.len().next_multiple_of(ALIGNMENT as usize) - self.buffer.len();
            self.push(&[0; ALIGNMENT as usize][..gap])?;
            self.section = Section::ALL[self.section as usize + 1];
        }
        self.push(bytes)?;
        self.counts[section as usize] += bytes.len() as u64 / section.unit();
        Ok(())
    }

    fn push(&mut self, mut bytes: &[u8]) -> Result<(), KeyError> {
        while !bytes.is_empty() {
            let here = bytes.len().min(BUFFER - self.buffer.len());
            self.buffer.extend_from_slice(&bytes[..here]);
            bytes = &bytes[here..];
            if self.buffer.len() == BUFFER {
                self.flush()?;
            }
        }
        Ok(())
    }

    /// Hashes and writes the buffer at once.
    fn flush(&mut self) -> Result<(), KeyError> {
        let (at, file, buffer) = (self.length, &mut self.file, &self.buffer);
        let (written, hashes) = parallel::join(
            || file.seek(SeekFrom::Start(at)).and_then(|_| file.write_all(buffer)),
            || chunk_hashes(buffer),
        );
        written.map_err(KeyError::io(&self.path))?;
        self.length += self.buffer.len() as u64;
        self.hashes.extend(hashes);
        self.buffer.clear();
        Ok(())
    }
}

/// Writes a key: to a temporary file beside `path`, which is renamed when it is whole, so that no half key is left
/// behind.
///
/// # Errors
/// [`KeyError::Io`].
pub fn write_key(path: &Path, key: &ProvingKey) -> Result<(), KeyError> {
    let mut writer = KeyWriter::create(path, key.circuit(), key.is_development())?;
    writer.h(key.h())?;
    writer.l(key.l())?;
    writer.a(key.a())?;
    writer.b_g1(key.b_g1())?;
    writer.b_g2(key.b_g2())?;
    writer.finish(key.vk())
}

fn g1_bytes(points: &[G1Affine]) -> &[u8] {
    // SAFETY: the points are 64-bit words without padding, and the slice borrows them.
    unsafe { std::slice::from_raw_parts(points.as_ptr().cast(), size_of_val(points)) }
}

fn g2_bytes(points: &[G2Affine]) -> &[u8] {
    // SAFETY: as in `g1_bytes`.
    unsafe { std::slice::from_raw_parts(points.as_ptr().cast(), size_of_val(points)) }
}
