//! A telephone that somebody holds: baresip, whose keys are pressed while its call is up.
use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, Command, Stdio},
    sync::{Arc, Mutex, PoisonError},
    thread,
    time::{Duration, Instant},
};

use um_tests::Server;

/// What a thumb needs for a key; baresip holds a key for a quarter of a second.
const BETWEEN_KEYS: Duration = Duration::from_millis(400);
/// How long anything may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// A call that is up.
pub(crate) struct Phone {
    child: Child,
    keys: ChildStdin,
    printed: Arc<Mutex<String>>,
    heard: PathBuf,
}

impl Phone {
    /// Calls `number` from `caller` in the clear and waits until the call is up. `speech` is what it says from the
    /// beginning to the end of the call.
    pub(crate) fn call(server: &Server, caller: &str, number: &str, speech: &[i16]) -> Self {
        let folder =
            server.folder().join(format!("phone-{caller}-{}", server.folder().read_dir().unwrap().count()));
        let heard = folder.join("heard");
        fs::create_dir_all(&heard).unwrap();
        configure(&folder, &heard, &format!("<sip:{caller}@{}>", server.sip()), speech);
        let mut child = Command::new("baresip")
            .current_dir(&folder)
            .arg("-f")
            .arg(&folder)
            .args(["-e", &format!("/dial sip:{number}@{}", server.sip()), "-t", "170"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("baresip is missing: run `apt-get install -y baresip-core`, as scripts/test.sh does");
        let printed = Arc::new(Mutex::new(String::new()));
        let stdout = child.stdout.take().unwrap();
        let into = Arc::clone(&printed);
        thread::spawn(move || {
            let mut stdout = BufReader::new(stdout);
            let mut line = Vec::new();
            while stdout.read_until(b'\n', &mut line).is_ok_and(|length| length > 0) {
                into.lock().unwrap_or_else(PoisonError::into_inner).push_str(&String::from_utf8_lossy(&line));
                line.clear();
            }
        });
        let keys = child.stdin.take().unwrap();
        let phone = Self { child, keys, printed, heard };
        phone.wait_for("Call established");
        phone
    }

    /// Waits until baresip has printed this.
    fn wait_for(&self, words: &str) {
        let deadline = Instant::now() + PATIENCE;
        while !self.printed().contains(words) {
            assert!(Instant::now() < deadline, "baresip never says `{words}`:\n{}", self.printed());
            thread::yield_now();
        }
    }

    pub(crate) fn printed(&self) -> String {
        self.printed.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Presses keys, one after the other, at the pace of a thumb.
    pub(crate) fn press(&mut self, keys: &str) {
        for key in keys.bytes() {
            self.keys.write_all(&[key]).unwrap();
            self.keys.flush().unwrap();
            thread::sleep(BETWEEN_KEYS);
        }
    }

    /// Hangs up: what was heard, at 8 kHz, without the pauses in which nothing came.
    pub(crate) fn hang_up(mut self) -> Vec<i16> {
        // Gone already where the server has hung up.
        self.keys.write_all(b"q").ok();
        self.keys.flush().ok();
        let deadline = Instant::now() + PATIENCE;
        while self.child.try_wait().unwrap().is_none() {
            assert!(Instant::now() < deadline, "baresip goes on:\n{}", self.printed());
            thread::yield_now();
        }
        let dump = fs::read_dir(&self.heard)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .find(|path| path.to_string_lossy().ends_with("-dec.wav"))
            .expect("baresip's sndfile has written what was heard");
        let mut wav = Vec::new();
        fs::File::open(dump).unwrap().read_to_end(&mut wav).unwrap();
        wav[44..].chunks_exact(2).map(|pair| i16::from_le_bytes([pair[0], pair[1]])).collect()
    }
}

impl Drop for Phone {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

fn configure(folder: &Path, heard: &Path, account: &str, speech: &[i16]) {
    let said = folder.join("said.wav");
    // Longer than any call: baresip stops sending at the end of its file.
    let samples: Vec<i16> = speech.iter().copied().cycle().take(8_000 * 180).collect();
    fs::write(&said, wav(&samples)).unwrap();
    let config = format!(
        "poll_method epoll\nsip_listen 127.0.0.1:0\naudio_source aufile,{}\naudio_player aufile,/dev/null\n\
         audio_alert aufile,/dev/null\nausrc_srate 8000\nauplay_srate 8000\nausrc_channels 1\nauplay_channels 1\n\
         rtp_ports 42000-43999\nsnd_path {}\nmodule_path /usr/lib/baresip/modules\nmodule stdio.so\nmodule g711.so\n\
         module aufile.so\nmodule sndfile.so\nmodule uuid.so\nmodule_app account.so\nmodule_app contact.so\n\
         module_app menu.so\nnet_interface 127.0.0.1\n",
        said.display(),
        heard.display()
    );
    fs::write(folder.join("config"), config).unwrap();
    fs::write(folder.join("accounts"), format!("{account};regint=0;audio_codecs=PCMU/8000/1\n")).unwrap();
    fs::write(folder.join("contacts"), "").unwrap();
}

/// A WAV file of 8 kHz, one channel, 16 bits.
pub(crate) fn wav(samples: &[i16]) -> Vec<u8> {
    let data: Vec<u8> = samples.iter().flat_map(|sample| sample.to_le_bytes()).collect();
    let size = u32::try_from(data.len()).unwrap();
    let mut file = Vec::from(*b"RIFF");
    file.extend((36 + size).to_le_bytes());
    file.extend(b"WAVEfmt \x10\0\0\0\x01\0\x01\0");
    file.extend(8000_u32.to_le_bytes());
    file.extend(16_000_u32.to_le_bytes());
    file.extend(b"\x02\0\x10\0data");
    file.extend(size.to_le_bytes());
    file.extend(data);
    file
}
