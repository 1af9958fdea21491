use std::path::{Path, PathBuf};

/// The repository.
pub(crate) fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// A page as it is to be run.
#[derive(Debug, Default)]
pub(crate) struct Page {
    /// What happens, in order.
    pub(crate) steps: Vec<Step>,
    /// Why blocks are not run, one for each.
    pub(crate) not_run: Vec<String>,
    /// Mistakes in the page's form.
    pub(crate) faults: Vec<String>,
}

/// One thing that happens on a page.
#[derive(Debug, Eq, PartialEq)]
pub(crate) enum Step {
    /// A command is typed.
    Type(Typed),
    /// Something happens around the reader.
    Happen(Cue),
}

/// A command and what the page shows of its output.
#[derive(Debug, Default, Eq, PartialEq)]
pub(crate) struct Typed {
    /// Line of the page, from 1.
    pub(crate) line: usize,
    /// What is typed, without the prompt.
    pub(crate) command: String,
    /// What is printed.
    pub(crate) shown: Vec<String>,
}

/// What a page may ask for between its blocks.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Cue {
    /// `a caller leaves a message for NUMBER`: in the clear, from 127.0.0.1; it is listed when the page goes on.
    Message { number: String },
    /// `pbx leaves a message for NUMBER`: over mutual TLS with SRTP, with the key that belongs to pbx.pem.
    SecuredMessage { number: String },
    /// `a caller is refused at NUMBER`: in the clear, from 127.0.0.1.
    Refusal { number: String },
    /// `a caller speaks to NUMBER`: two seconds are recorded when the page goes on, and he speaks for a minute.
    Speaking { number: String },
}

impl Cue {
    fn read(words: &str) -> Option<Self> {
        let number = |rest: &str| rest.to_owned();
        if let Some(rest) = words.strip_prefix("a caller leaves a message for ") {
            Some(Self::Message { number: number(rest) })
        } else if let Some(rest) = words.strip_prefix("pbx leaves a message for ") {
            Some(Self::SecuredMessage { number: number(rest) })
        } else if let Some(rest) = words.strip_prefix("a caller is refused at ") {
            Some(Self::Refusal { number: number(rest) })
        } else {
            words.strip_prefix("a caller speaks to ").map(|rest| Self::Speaking { number: number(rest) })
        }
    }
}

impl Page {
    /// Reads `README.md` or a page of docs/, by its path in the repository.
    pub(crate) fn read(name: &str) -> Self {
        Self::parse(&std::fs::read_to_string(repository().join(name)).unwrap())
    }

    /// Reads the text of a page.
    pub(crate) fn parse(text: &str) -> Self {
        let mut page = Self::default();
        let mut fence: Option<Fence> = None;
        let mut skip_next = false;
        for (index, line) in text.lines().enumerate() {
            let number = index + 1;
            match (&fence, line.strip_prefix("```")) {
                (None, Some(language)) => {
                    let run = language == "console" && !skip_next;
                    if language == "console" {
                        skip_next = false;
                    }
                    fence =
                        Some(if run { Fence::Run } else { Fence::Other { console: language == "console" } });
                }
                (Some(_), Some("")) => fence = None,
                (Some(Fence::Run), _) => page.take(number, line),
                (Some(Fence::Other { console }), _) => {
                    if !console && line.starts_with("$ ") {
                        page.faults.push(format!("{number}: a command outside of a console block: {line}"));
                    }
                }
                (None, None) => {
                    let words =
                        line.strip_prefix("<!-- console: ").and_then(|rest| rest.strip_suffix(" -->"));
                    match words.map(|words| (words.strip_prefix("not run: "), Cue::read(words))) {
                        None => {}
                        Some((Some(why), _)) => {
                            page.not_run.push(why.to_owned());
                            skip_next = true;
                        }
                        Some((None, Some(cue))) => page.steps.push(Step::Happen(cue)),
                        Some((None, None)) => page.faults.push(format!("{number}: nobody knows {line}")),
                    }
                }
            }
        }
        page
    }

    /// A line of a block that is run.
    fn take(&mut self, number: usize, line: &str) {
        let goes_on = |typed: &Typed| typed.shown.is_empty() && typed.command.ends_with('\\');
        match (line.strip_prefix("$ "), self.steps.last_mut()) {
            (Some(command), _) => {
                let typed = Typed { line: number, command: command.to_owned(), shown: Vec::new() };
                self.steps.push(Step::Type(typed));
            }
            (None, Some(Step::Type(typed))) if goes_on(typed) => {
                typed.command.push('\n');
                typed.command.push_str(line);
            }
            (None, Some(Step::Type(typed))) => typed.shown.push(line.to_owned()),
            (None, _) => self.faults.push(format!("{number}: no command before this output: {line}")),
        }
    }
}

enum Fence {
    Run,
    Other { console: bool },
}

#[test]
fn commands_outputs_and_cues_of_a_page_are_read_in_order() {
    let page = Page::parse(
        "# Page\n\n```console\n$ um status \\\n    --json\n{}\n$ true\n```\n<!-- console: a caller speaks to 4001 -->\n\
         <!-- console: not run: why -->\n```console\n$ halt\n```\n```text\n$ um x\n```\n<!-- console: dance -->\n",
    );

    let typed = |line, command: &str, shown: &[&str]| {
        let shown = shown.iter().map(|line| (*line).to_owned()).collect();
        Step::Type(Typed { line, command: command.to_owned(), shown })
    };
    assert_eq!(
        page.steps,
        [
            typed(4, "um status \\\n    --json", &["{}"]),
            typed(7, "true", &[]),
            Step::Happen(Cue::Speaking { number: "4001".to_owned() }),
        ]
    );
    assert_eq!(page.not_run, ["why"]);
    assert_eq!(
        page.faults,
        ["15: a command outside of a console block: $ um x", "17: nobody knows <!-- console: dance -->"]
    );
}
