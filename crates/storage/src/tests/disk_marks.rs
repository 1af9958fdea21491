use mailbox::DiskState;

use crate::{DiskMark, DiskMarkError, DiskMarks, DiskSpace};

const MIB: u64 = 1 << 20;
const GIB: u64 = 1 << 30;

#[test]
fn a_mark_is_read_and_printed_in_its_words() {
    let table = [
        ("5% or 1GiB", DiskMark::Smaller { share: 5, amount: 1_073_741_824 }, "5% or 1GiB"),
        ("1% or 256MiB", DiskMark::Smaller { share: 1, amount: 268_435_456 }, "1% or 256MiB"),
        ("1 GiB or 5 %", DiskMark::Smaller { share: 5, amount: 1_073_741_824 }, "5% or 1GiB"),
        ("5%", DiskMark::Share(5), "5%"),
        ("0%", DiskMark::Share(0), "0%"),
        (" 99% ", DiskMark::Share(99), "99%"),
        ("1GiB", DiskMark::Amount(1_073_741_824), "1GiB"),
        ("2048MiB", DiskMark::Amount(2_147_483_648), "2GiB"),
        ("1536KiB", DiskMark::Amount(1_572_864), "1536KiB"),
        ("3TiB", DiskMark::Amount(3_298_534_883_328), "3TiB"),
        ("1000B", DiskMark::Amount(1000), "1000B"),
        ("0B", DiskMark::Amount(0), "0B"),
    ];
    for (text, mark, printed) in table {
        assert_eq!(text.parse(), Ok(mark), "{text}");
        assert_eq!(mark.to_string(), printed);
        assert_eq!(printed.parse(), Ok(mark));
    }
}

#[test]
fn what_is_no_mark_is_refused_by_its_words() {
    let not_understood = [
        "",
        "5",
        "GiB",
        "%",
        "-5%",
        "+5%",
        "5.5%",
        "1GB",
        "1gib",
        "5% or",
        "or 1GiB",
        "5% or 6%",
        "1GiB or 2GiB",
        "5% and 1GiB",
        "5% or 1GiB or 2GiB",
        "5% 1GiB",
        "٥%",
    ];
    for text in not_understood {
        assert_eq!(
            text.parse::<DiskMark>(),
            Err(DiskMarkError::NotUnderstood { text: text.into() }),
            "{text}"
        );
    }
    for text in ["100%", "256%", "4294967296% or 1GiB"] {
        assert_eq!(text.parse::<DiskMark>(), Err(DiskMarkError::ShareTooLarge { text: text.into() }));
    }
    for text in ["16777216TiB", "99999999999999999999B", "5% or 99999999999999999999B"] {
        assert_eq!(text.parse::<DiskMark>(), Err(DiskMarkError::AmountTooLarge { text: text.into() }));
    }
}

#[test]
fn the_smaller_of_share_and_amount_counts() {
    let soft = DiskMarks::default().soft;
    let floor = DiskMarks::default().floor;

    assert_eq!([soft.octets(100 * GIB), floor.octets(100 * GIB)], [GIB, 256 * MIB]);
    assert_eq!([soft.octets(10_000_000_000), floor.octets(10_000_000_000)], [500_000_000, 100_000_000]);
    assert_eq!(DiskMark::Share(5).octets(1000), 50);
    assert_eq!(DiskMark::Amount(7).octets(1000), 7);
    assert_eq!(DiskMark::Share(99).octets(u64::MAX), 18_262_276_632_972_456_084);
}

#[test]
fn the_defaults_are_written_as_in_the_sample_file() {
    let DiskMarks { soft, floor } = DiskMarks::default();

    assert_eq!([soft.to_string(), floor.to_string()], ["5% or 1GiB", "1% or 256MiB"]);
}

#[test]
fn a_state_is_entered_at_its_mark_and_left_a_tenth_above() {
    use DiskState::{Ample, Full, Low};
    let marks = DiskMarks { soft: DiskMark::Amount(1000), floor: DiskMark::Amount(100) };
    // Free octets, and the state after Ample, Low and Full.
    let table = [
        (5000, [Ample, Ample, Ample]),
        (1100, [Ample, Ample, Ample]),
        (1099, [Ample, Low, Low]),
        (1000, [Ample, Low, Low]),
        (999, [Low, Low, Low]),
        (110, [Low, Low, Low]),
        (109, [Low, Low, Full]),
        (100, [Low, Low, Full]),
        (99, [Full, Full, Full]),
        (0, [Full, Full, Full]),
    ];
    for (free, after) in table {
        let states = [Ample, Low, Full].map(|was| marks.state(was, DiskSpace { free, total: 1_000_000 }));
        assert_eq!(states, after, "{free} free");
    }
}

#[test]
fn a_floor_above_the_soft_mark_still_counts() {
    let marks = DiskMarks { soft: DiskMark::Share(5), floor: DiskMark::Amount(100) };

    assert_eq!(marks.state(DiskState::Ample, DiskSpace { free: 99, total: 1000 }), DiskState::Full);
    assert_eq!(marks.state(DiskState::Ample, DiskSpace { free: 100, total: 1000 }), DiskState::Ample);
}

#[test]
fn a_mark_of_nothing_is_never_reached() {
    let marks = DiskMarks { soft: DiskMark::Share(0), floor: DiskMark::Amount(0) };

    assert_eq!(marks.state(DiskState::Ample, DiskSpace { free: 0, total: 1000 }), DiskState::Ample);
}
