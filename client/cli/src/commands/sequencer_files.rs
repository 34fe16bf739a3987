//! Files of secrets: 64 hexadecimal digits that only their owner can read. None is ever overwritten.

use super::{error::CommandError, oracle::read_key};
use cloister_hand_over::{fresh_seed, Seed, Zeroizing};
use std::{
    fs::File,
    io::{self, ErrorKind, Write},
    path::{Path, PathBuf},
};

/// Reads a secret.
///
/// # Errors
/// [`CommandError::KeyFile`], [`CommandError::KeyExposed`], [`CommandError::NotASecret`].
pub fn read_secret(path: &Path) -> Result<Zeroizing<Seed>, CommandError> {
    let text = Zeroizing::new(read_key(path)?);
    let digits = text.trim();
    let mut seed = Zeroizing::new([0; 32]);
    hex::decode_to_slice(digits.strip_prefix("0x").unwrap_or(digits), seed.as_mut_slice())
        .map_err(|_| CommandError::NotASecret(path.into()))?;
    Ok(seed)
}

/// Puts a secret into a file that is on the disk when this returns. It is there in full or not at all.
///
/// # Errors
/// [`CommandError::SecretThere`] if another one is there; [`CommandError::KeyFile`], and what [`read_secret`] says of a
/// file that is there.
pub fn keep_secret(path: &Path, seed: &Seed) -> Result<(), CommandError> {
    let failed = |source| CommandError::KeyFile {
        path: path.into(),
        source,
    };
    match put(path, seed) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => match *read_secret(path)? == *seed {
            true => Ok(()),
            false => Err(CommandError::SecretThere(path.into())),
        },
        Err(error) => Err(failed(error)),
    }
}

/// The secret of a file; a new one if there is no such file.
///
/// # Errors
/// As [`read_secret`] and [`keep_secret`]; [`CommandError::NoSecret`].
pub fn secret_or_new(path: &Path) -> Result<Zeroizing<Seed>, CommandError> {
    match read_secret(path) {
        Err(CommandError::KeyFile { source, .. }) if source.kind() == ErrorKind::NotFound => {
            let seed = fresh_seed()?;
            keep_secret(path, &seed)?;
            Ok(seed)
        }
        found => found,
    }
}

/// The file of a former secret beside that of the present one.
pub fn former(path: &Path, number: usize) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".former-{number}"));
    name.into()
}

/// A temporary file of ours can be read by its owner only.
fn put(path: &Path, seed: &Seed) -> io::Result<()> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    let digits = Zeroizing::new(hex::encode(seed));
    writeln!(file, "{}", *digits)?;
    file.as_file().sync_all()?;
    file.persist_noclobber(path).map_err(|error| error.error)?;
    File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{fs, os::unix::fs::PermissionsExt};

    #[test]
    fn a_secret_should_be_kept_for_its_owner_alone_and_never_overwritten() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("secret.hex");
        keep_secret(&path, &[7; 32]).expect("written");
        let mode = fs::metadata(&path).expect("a file").permissions().mode() & 0o777;
        assert_eq!(mode, 0o600);
        assert_eq!(*read_secret(&path).expect("a secret"), [7; 32]);
        assert_eq!(fs::read_to_string(&path).expect("text"), "07".repeat(32) + "\n");
        // The same again is nothing new; another one is refused.
        keep_secret(&path, &[7; 32]).expect("there already");
        let refused = keep_secret(&path, &[8; 32]).expect_err("another secret");
        assert!(matches!(refused, CommandError::SecretThere(_)), "{refused}");
        assert_eq!(*read_secret(&path).expect("a secret"), [7; 32]);
        assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 1);
        assert_eq!(former(&path, 2), folder.path().join("secret.hex.former-2"));
    }

    #[test]
    fn a_new_secret_should_be_made_once() {
        let folder = tempfile::tempdir().expect("a folder");
        let paths = ["a", "b"].map(|name| folder.path().join(name));
        let made = secret_or_new(&paths[0]).expect("a secret");
        assert_eq!(secret_or_new(&paths[0]).expect("the same"), made);
        assert_ne!(secret_or_new(&paths[1]).expect("another one"), made);
    }

    #[test]
    fn a_file_of_something_else_or_of_everybody_should_be_refused() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("secret.hex");
        let write = |text: &str, mode| {
            fs::write(&path, text).expect("written");
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).expect("set");
        };
        for text in ["", "07", "//Alice", &"07".repeat(33), &"zz".repeat(32)] {
            write(text, 0o600);
            let refused = secret_or_new(&path).expect_err(text);
            assert!(matches!(refused, CommandError::NotASecret(_)), "{refused}");
        }
        write(&"07".repeat(32), 0o640);
        let refused = secret_or_new(&path).expect_err("a mode");
        assert!(matches!(refused, CommandError::KeyExposed { .. }), "{refused}");
        write(&format!("0x{}\n", "07".repeat(32)), 0o600);
        assert_eq!(*secret_or_new(&path).expect("a secret"), [7; 32]);
    }
}
