//! The file of a checkpoint: replaced at once or not at all, and for its owner alone.

use std::{
    fs::{self, DirBuilder, File},
    io::{self, Write},
    os::unix::fs::DirBuilderExt,
    path::{Path, PathBuf},
};

/// Name of the file in the group's folder.
pub const FILE_NAME: &str = "checkpoint";
/// Name of a file that is being written. One that is left behind by a crash is removed before the next is written.
const NEW_NAME: &str = "checkpoint.new";

/// The file could not be read or written.
#[derive(Debug, thiserror::Error)]
#[error("{path}: {source}")]
pub struct FileError {
    /// The file or its folder.
    pub path: PathBuf,
    /// What the system says.
    pub source: io::Error,
}

/// Where the checkpoint of a folder is.
pub fn path_in(folder: &Path) -> PathBuf {
    folder.join(FILE_NAME)
}

/// Makes a folder, and those that it is in, for their owner alone; one that is there stays as it is.
///
/// # Errors
/// The system refuses it.
pub fn make_folder(path: &Path) -> Result<(), FileError> {
    let made = DirBuilder::new().recursive(true).mode(0o700).create(path);
    made.map_err(|source| FileError {
        path: path.to_owned(),
        source,
    })
}

/// The bytes of a folder's checkpoint; `None` if it has none.
///
/// # Errors
/// The file is there and cannot be read.
pub fn read(folder: &Path) -> Result<Option<Vec<u8>>, FileError> {
    let path = path_in(folder);
    match fs::read(&path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(source) if source.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(FileError { path, source }),
    }
}

/// Replaces a folder's checkpoint. Whenever the machine stops, the folder has the one before or the new one, whole.
///
/// # Errors
/// The file cannot be written; the one before stays.
pub fn write(folder: &Path, bytes: &[u8]) -> Result<(), FileError> {
    replace(folder, bytes).map_err(|source| FileError {
        path: path_in(folder),
        source,
    })
}

fn replace(folder: &Path, bytes: &[u8]) -> io::Result<()> {
    match fs::remove_file(folder.join(NEW_NAME)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    // Made anew with mode 0600, and removed again if anything fails.
    let mut file = tempfile::Builder::new()
        .prefix(NEW_NAME)
        .rand_bytes(0)
        .tempfile_in(folder)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    file.persist(path_in(folder)).map_err(|error| error.error)?;
    // The new name is on the disk once its folder is.
    File::open(folder)?.sync_all()
}
