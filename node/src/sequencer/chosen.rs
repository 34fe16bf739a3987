//! Flags and file together: what was chosen where, and whether it is inside its bounds.

use super::{choices::Choices, span::Span};
use std::{
    fmt::{self, Display},
    io,
    path::{Path, PathBuf},
};

/// Margin group, if none is chosen.
pub const GROUP: u32 = 1;
/// How many of a thousand batches are compared, if nothing is chosen.
pub const COMPARED: u16 = 10;
/// All of them.
const THOUSAND: u16 = 1_000;

/// Where a choice was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// On the command line.
    Flag(&'static str),
    /// In a file.
    File {
        /// The key.
        key: &'static str,
        /// The file.
        path: PathBuf,
    },
    /// Nowhere.
    Default(&'static str),
}

impl Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag(name) => write!(f, "--sequencer-{name}"),
            Self::File { key, path } => write!(f, "`{key}` in {}", path.display()),
            Self::Default(name) => write!(f, "--sequencer-{name}, which is left out,"),
        }
    }
}

/// A choice that cannot be.
#[derive(Debug, thiserror::Error)]
pub enum ChoiceError {
    /// The file cannot be read.
    #[error("--sequencer-config: {}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file is not TOML, or has keys or values that are not known.
    #[error("--sequencer-config: {}: {reason}", path.display())]
    Syntax {
        /// The file.
        path: PathBuf,
        /// Where and why.
        reason: Box<toml::de::Error>,
    },
    /// A value is too small or too large.
    #[error("{place} is {value}; it must be from {least} to {most}")]
    Bounds {
        /// Where it was chosen.
        place: Place,
        /// What was chosen.
        value: String,
        /// Smallest value.
        least: String,
        /// Largest value.
        most: String,
    },
    /// Two values together are too large.
    #[error("{first} and {second} are {sum} together; the chain allows {most}")]
    Sum {
        /// Where the one was chosen.
        first: Place,
        /// Where the other was chosen.
        second: Place,
        /// Both together.
        sum: Span,
        /// The largest sum.
        most: Span,
    },
    /// A value is larger than another that bounds it.
    #[error("{place} is {value}; it must not be more than {bound}, which is {most}")]
    Order {
        /// Where it was chosen.
        place: Place,
        /// What was chosen.
        value: Span,
        /// Where the other was chosen.
        bound: Place,
        /// The other.
        most: Span,
    },
    /// Comparing needs a card.
    #[error("{0} says how often the proofs of a card are compared; name the card with --sequencer-card")]
    NoCard(Place),
    /// Rounds need a key.
    #[error("{0} asks for solvency rounds; name the file of their proving key with --sequencer-solvency-proving-key")]
    NoRoundKey(Place),
    /// Only the sequencer's own server has proxies and web sites.
    #[error("{0} is for a server of the sequencer's own; name its address with --sequencer-rpc-listen")]
    NoServer(Place),
}

/// A value and where it was chosen.
#[derive(Clone, Debug)]
pub(super) struct Picked<T> {
    pub value: T,
    pub place: Place,
}

/// Flags and file.
#[derive(Clone, Debug, Default)]
pub struct Chosen {
    flags: Choices,
    file: Option<(PathBuf, Choices)>,
}

impl Chosen {
    /// Flags, and a file if there is one. Relative paths in it are relative to its folder.
    ///
    /// # Errors
    /// [`ChoiceError::File`], [`ChoiceError::Syntax`].
    pub fn read(flags: Choices, file: Option<&Path>) -> Result<Self, ChoiceError> {
        let file = match file {
            None => None,
            Some(path) => {
                let text = std::fs::read_to_string(path).map_err(|source| ChoiceError::File {
                    path: path.into(),
                    source,
                })?;
                Some((path.to_owned(), parse(&text, path)?))
            }
        };
        Ok(Self { flags, file })
    }

    /// What was chosen; a flag wins.
    pub fn get<T: Clone>(&self, field: impl Fn(&Choices) -> &Option<T>) -> Option<T> {
        let file = self.file.as_ref().and_then(|(_, file)| field(file).clone());
        field(&self.flags).clone().or(file)
    }

    /// The former secrets: those of the flags, or else those of the file.
    pub fn former_secrets(&self) -> &[PathBuf] {
        self.list("former-secret", |c| &c.former_secret).0
    }

    /// The files with proving keys of batches: those of the flags, or else those of the file.
    pub fn proving_keys(&self) -> &[PathBuf] {
        self.list("proving-key", |c| &c.proving_key).0
    }

    /// A list: that of the flags, or else that of the file; and where it was chosen, if it is not empty.
    pub(super) fn list<T>(&self, name: &'static str, field: impl Fn(&Choices) -> &Vec<T>) -> (&[T], Option<Place>) {
        let (flags, file) = (field(&self.flags), self.file.as_ref());
        let in_file = file.map(|(path, file)| (path, field(file)));
        match in_file {
            _ if !flags.is_empty() => (flags, Some(Place::Flag(name))),
            Some((path, list)) if !list.is_empty() => {
                let path = path.clone();
                (list, Some(Place::File { key: name, path }))
            }
            _ => (&[], None),
        }
    }

    pub(super) fn pick<T: Clone>(
        &self,
        name: &'static str,
        field: impl Fn(&Choices) -> &Option<T>,
        default: T,
    ) -> Picked<T> {
        if let Some(value) = field(&self.flags).clone() {
            let place = Place::Flag(name);
            return Picked { value, place };
        }
        let file = self.file.as_ref();
        let in_file = file.and_then(|(path, file)| Some((path.clone(), field(file).clone()?)));
        match in_file {
            Some((path, value)) => Picked {
                value,
                place: Place::File { key: name, path },
            },
            None => Picked {
                value: default,
                place: Place::Default(name),
            },
        }
    }

    /// A value between two others.
    pub(super) fn within<T: Clone + PartialOrd + Display>(
        &self,
        name: &'static str,
        field: impl Fn(&Choices) -> &Option<T>,
        default: T,
        (least, most): (T, T),
    ) -> Result<Picked<T>, ChoiceError> {
        let picked = self.pick(name, field, default);
        if least <= picked.value && picked.value <= most {
            return Ok(picked);
        }
        Err(ChoiceError::Bounds {
            place: picked.place,
            value: picked.value.to_string(),
            least: least.to_string(),
            most: most.to_string(),
        })
    }

    /// A value that has no default, between two others.
    pub(super) fn given<T: Clone + PartialOrd + Display>(
        &self,
        name: &'static str,
        field: impl Fn(&Choices) -> &Option<T>,
        (least, most): (T, T),
    ) -> Result<Option<T>, ChoiceError> {
        let picked = self.within(name, field, least.clone(), (least, most))?;
        Ok(match picked.place {
            Place::Flag(_) | Place::File { .. } => Some(picked.value),
            Place::Default(_) => None,
        })
    }

    /// How many of a thousand batches the processor proves too.
    ///
    /// # Errors
    /// [`ChoiceError::Bounds`], [`ChoiceError::NoCard`].
    pub fn compared(&self) -> Result<u16, ChoiceError> {
        let compared = self.within("compared", |c| &c.compared, COMPARED, (0, THOUSAND))?;
        match (&compared.place, self.get(|c| &c.card)) {
            (Place::Flag(_) | Place::File { .. }, None) => Err(ChoiceError::NoCard(compared.place)),
            _ => Ok(compared.value),
        }
    }
}

/// Reads a file.
fn parse(text: &str, path: &Path) -> Result<Choices, ChoiceError> {
    let mut choices: Choices = toml::from_str(text).map_err(|reason| ChoiceError::Syntax {
        path: path.into(),
        reason: Box::new(reason),
    })?;
    let folder = path.parent().unwrap_or(Path::new(""));
    let paths = [
        &mut choices.secret,
        &mut choices.rekey_proving_key,
        &mut choices.solvency_proving_key,
    ];
    let lists = choices.proving_key.iter_mut().chain(&mut choices.former_secret);
    for named in paths.into_iter().flatten().chain(lists) {
        *named = folder.join(&*named);
    }
    Ok(choices)
}
