//! The other end of a child process.

use crate::{child::Request, engine::EngineName, error::BenchError, subject::Subject};
use std::{
    env,
    io::{self, BufRead, BufReader, Write},
    path::Path,
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

/// A running child.
pub struct Process {
    engine: EngineName,
    subject: Subject,
    child: Child,
    requests: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

impl Process {
    /// Starts this program as a child with one engine and one circuit.
    ///
    /// # Errors
    /// If the system starts no process.
    pub fn start(engine: EngineName, subject: Subject, recording: &Path) -> Result<Self, BenchError> {
        let mut child = Command::new(env::current_exe()?)
            .arg("--child")
            .arg(engine.to_string())
            .arg(subject.to_string())
            .arg(recording)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let broken = || io::Error::from(io::ErrorKind::BrokenPipe);
        let requests = child.stdin.take();
        let answers = BufReader::new(child.stdout.take().ok_or_else(broken)?);
        Ok(Self {
            engine,
            subject,
            child,
            requests,
            answers,
        })
    }

    /// Asks for something that may have no answer.
    ///
    /// # Errors
    /// The child's error, or if it ended.
    pub fn ask_for(&mut self, request: &Request) -> Result<Option<f64>, BenchError> {
        let broken = || io::Error::from(io::ErrorKind::BrokenPipe);
        let requests = self.requests.as_mut().ok_or_else(broken)?;
        writeln!(requests, "{request}")?;
        requests.flush()?;
        let mut line = String::new();
        self.answers.read_line(&mut line)?;
        let line = line.trim_end();
        if line == "none" {
            return Ok(None);
        }
        let failed = |message: &str| BenchError::Child {
            engine: self.engine,
            subject: self.subject,
            message: message.into(),
        };
        match line.split_once(' ') {
            Some(("ok", number)) => number.parse().map(Some).map_err(|_| failed(line)),
            Some(("error", message)) => Err(failed(message)),
            _ => Err(failed("the process ended")),
        }
    }

    /// Asks for a number.
    ///
    /// # Errors
    /// As for [`Process::ask_for`], and if there is no answer.
    pub fn ask(&mut self, request: &Request) -> Result<f64, BenchError> {
        self.ask_for(request)?.ok_or_else(|| BenchError::Child {
            engine: self.engine,
            subject: self.subject,
            message: format!("no answer to: {request}"),
        })
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // The child ends with its requests; one that hangs in a proof must not outlive a bench that failed.
        drop(self.requests.take());
        if std::thread::panicking() {
            let _ = self.child.kill();
        }
        let _ = self.child.wait();
    }
}
