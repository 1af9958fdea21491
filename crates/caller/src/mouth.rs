use std::{collections::VecDeque, time::Duration};

use telephony::Digit;

use crate::{CallPlan, DigitPress, HangUp, Progress, StartSpeaking, progress::playing_time};

/// Samples of one packet: 20 ms at 8 kHz.
pub(crate) const FRAME: usize = 160;
/// Time that one packet covers.
pub(crate) const FRAME_TIME: Duration = Duration::from_millis(20);

/// Decides what the caller sends, 20 ms at a time.
pub(crate) struct Mouth {
    speech: Vec<i16>,
    spoken: usize,
    progress: Progress,
    presses: VecDeque<DigitPress>,
    after: HangUp,
    phase: Phase,
}

/// What goes out in one 20 ms frame.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Sound {
    /// Samples, as many as a frame has.
    Audio(Vec<i16>),
    /// A key held down; `frame` counts from 1, and the last one is sent three times with the end bit.
    Key { digit: Digit, frame: u16, last: bool },
}

#[derive(Clone, Copy)]
enum Phase {
    /// `press` counts the frames until the greeting has been skipped.
    AwaitingTone {
        press: Option<u16>,
    },
    Breathing {
        frames: u128,
    },
    Speaking,
    BeforePress {
        frames: u128,
        digit: Digit,
    },
    Pressing {
        frame: u16,
        digit: Digit,
    },
    Trailing {
        frames: u128,
    },
    Listening,
    Finished,
}

impl Mouth {
    /// Speaks what the plan says.
    pub(crate) fn new(plan: &CallPlan) -> Self {
        let phase = match plan.start_speaking {
            StartSpeaking::AfterTone => Phase::AwaitingTone { press: None },
            StartSpeaking::SkipGreeting => Phase::AwaitingTone { press: Some(0) },
            StartSpeaking::Immediately => Phase::Speaking,
        };
        Self {
            speech: plan.speech.clone(),
            spoken: 0,
            progress: plan.progress.clone(),
            presses: plan.digits.iter().copied().collect(),
            after: plan.after,
            phase,
        }
    }

    /// How much of the speech has been sent.
    pub(crate) fn spoken(&self) -> Duration {
        playing_time(self.spoken)
    }

    /// What to send now; `None` when it is time to hang up. To be asked every 20 ms.
    pub(crate) fn next_sound(&mut self, tone_is_over: bool) -> Option<Sound> {
        loop {
            match &mut self.phase {
                Phase::AwaitingTone { .. } if tone_is_over => {
                    self.phase = Phase::Breathing { frames: BREATH_FRAMES };
                }
                Phase::AwaitingTone { press: Some(frame) } if *frame < SKIP_FRAMES + PRESS_FRAMES => {
                    *frame += 1;
                    let held = frame.checked_sub(SKIP_FRAMES).filter(|held| *held > 0);
                    return Some(held.map_or_else(silence, pound));
                }
                Phase::AwaitingTone { .. } | Phase::Listening => return Some(silence()),
                Phase::Breathing { frames: 0 } => self.phase = Phase::Speaking,
                Phase::BeforePress { frames: 0, digit } => {
                    self.phase = Phase::Pressing { frame: 1, digit: *digit }
                }
                Phase::Trailing { frames: 0 } => self.phase = Phase::Finished,
                Phase::Breathing { frames }
                | Phase::BeforePress { frames, .. }
                | Phase::Trailing { frames } => {
                    *frames -= 1;
                    return Some(silence());
                }
                Phase::Speaking => match self.next_words() {
                    Some(words) => return Some(words),
                    None => self.phase = self.what_follows(),
                },
                Phase::Pressing { frame, digit } if *frame <= PRESS_FRAMES => {
                    let sound = Sound::Key { digit: *digit, frame: *frame, last: *frame == PRESS_FRAMES };
                    *frame += 1;
                    return Some(sound);
                }
                Phase::Pressing { .. } => self.phase = self.what_follows(),
                Phase::Finished => return None,
            }
        }
    }

    fn next_words(&mut self) -> Option<Sound> {
        let rest = self.speech.get(self.spoken..).filter(|rest| !rest.is_empty())?;
        let mut words: Vec<i16> = rest.iter().copied().take(FRAME).collect();
        self.spoken += words.len();
        self.progress.set_spoken(self.spoken);
        words.resize(FRAME, 0);
        Some(Sound::Audio(words))
    }

    fn what_follows(&mut self) -> Phase {
        match (self.presses.pop_front(), self.after) {
            (Some(press), _) => Phase::BeforePress { frames: frames(press.wait), digit: press.digit },
            (None, HangUp::After(silence)) => Phase::Trailing { frames: frames(silence) },
            (None, HangUp::AwaitBye) => Phase::Listening,
        }
    }
}

fn silence() -> Sound {
    Sound::Audio(vec![0; FRAME])
}

fn pound(frame: u16) -> Sound {
    Sound::Key { digit: Digit::POUND, frame, last: frame == PRESS_FRAMES }
}

fn frames(time: Duration) -> u128 {
    time.as_millis() / FRAME_TIME.as_millis()
}

/// A person's breath between tone and first word: 100 ms.
const BREATH_FRAMES: u128 = 5;
/// How much of a greeting is heard before it is skipped: 500 ms.
const SKIP_FRAMES: u16 = 25;
/// How long a key is held: 100 ms.
const PRESS_FRAMES: u16 = 5;

#[cfg(test)]
mod tests {
    use super::*;

    fn plan() -> CallPlan {
        let mut plan = CallPlan::new("127.0.0.1:5060".parse().unwrap(), "5000");
        plan.speech = vec![7; 200];
        plan
    }

    fn sounds(mouth: &mut Mouth, count: usize) -> Vec<Option<Sound>> {
        (0..count).map(|_| mouth.next_sound(true)).collect()
    }

    #[test]
    fn waits_for_the_tone_then_breathes_then_speaks() {
        let mut mouth = Mouth::new(&plan());

        assert_eq!(mouth.next_sound(false), Some(silence()));
        assert_eq!(sounds(&mut mouth, 5), vec![Some(silence()); 5]);
        assert_eq!(mouth.next_sound(true), Some(Sound::Audio(vec![7; 160])));
        let mut last = vec![7; 40];
        last.resize(160, 0);
        assert_eq!(mouth.next_sound(true), Some(Sound::Audio(last)));
        assert_eq!(mouth.spoken(), Duration::from_millis(25));
    }

    #[test]
    fn skips_the_greeting_after_half_a_second_and_still_waits_for_the_tone() {
        let mut plan = plan();
        plan.start_speaking = StartSpeaking::SkipGreeting;
        let mut mouth = Mouth::new(&plan);

        let before: Vec<_> = (0..33).map(|_| mouth.next_sound(false)).collect();

        let keys: Vec<usize> = (0..33).filter(|n| matches!(before[*n], Some(Sound::Key { .. }))).collect();
        assert_eq!(keys, [25, 26, 27, 28, 29]);
        assert_eq!(before[29], Some(Sound::Key { digit: Digit::POUND, frame: 5, last: true }));
        assert_eq!(sounds(&mut mouth, 6)[5], Some(Sound::Audio(vec![7; 160])));
    }

    #[test]
    fn presses_a_key_for_100_ms_after_its_wait_and_hangs_up() {
        let mut plan = plan();
        plan.start_speaking = StartSpeaking::Immediately;
        plan.digits = vec![DigitPress { wait: Duration::from_millis(40), digit: Digit::POUND }];
        plan.after = HangUp::After(Duration::from_millis(20));
        let mut mouth = Mouth::new(&plan);
        let _speech = sounds(&mut mouth, 2);

        assert_eq!(sounds(&mut mouth, 2), vec![Some(silence()); 2]);
        let key = |frame, last| Some(Sound::Key { digit: Digit::POUND, frame, last });
        assert_eq!(
            sounds(&mut mouth, 5),
            [key(1, false), key(2, false), key(3, false), key(4, false), key(5, true)]
        );
        assert_eq!(sounds(&mut mouth, 3), [Some(silence()), None, None]);
    }

    #[test]
    fn awaiting_bye_is_silence_without_end() {
        let mut plan = plan();
        plan.start_speaking = StartSpeaking::Immediately;
        plan.after = HangUp::AwaitBye;
        let mut mouth = Mouth::new(&plan);

        assert_eq!(sounds(&mut mouth, 1000).last(), Some(&Some(silence())));
    }
}
