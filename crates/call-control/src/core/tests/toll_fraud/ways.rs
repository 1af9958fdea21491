//! The ways out of the server.
use dial_plan::AttendantPatch;

use super::{
    super::{visit::*, *},
    *,
};

/// Who answers the call.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Answered {
    /// The attendant `main`, whose keys lead to `inner` and out.
    Main,
    /// Whoever owns 4001, or wants to.
    Access,
    /// The greeting of 4001.
    Mailbox,
}

/// The plan's or the attendant's operator is [`super::FAR`].
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Operator {
    Nobody,
    OfPlan,
    OfMain,
    /// The plan has one, and the menu leads nobody to it.
    Hidden,
}

/// One way out, and what is to leave the server by it.
pub(super) struct Way {
    pub(super) what: &'static str,
    pub(super) answered: Answered,
    pub(super) operator: Operator,
    /// Who has left the message that the subscriber hears.
    pub(super) sender: Sender,
    pub(super) scope: Scope,
    pub(super) deeds: &'static str,
    pub(super) expected: Expected,
    /// The extension in Referred-By: the mailbox that was called or opened, if one was.
    pub(super) by: Option<&'static str>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Sender {
    /// A caller from [`super::FAR`].
    Far,
    /// Mailbox 4002.
    Colleague,
}

/// The number in Refer-To.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Expected {
    /// This one, whatever the rules of the table say.
    Always(&'static str),
    /// None, whatever they say.
    Never,
    /// [`super::REWRITTEN`], where the scope is allowed the group.
    WhereAllowed,
}

use Expected::{Always, Never, WhereAllowed};

pub(super) const fn by_attendant(
    what: &'static str,
    scope: Scope,
    deeds: &'static str,
    expected: Expected,
) -> Way {
    let (answered, operator, sender) = (Answered::Main, Operator::Nobody, Sender::Far);
    Way { what, answered, operator, sender, scope, deeds, expected, by: None }
}

const fn by_operator(what: &'static str, operator: Operator, deeds: &'static str, expected: Expected) -> Way {
    Way { operator, ..by_attendant(what, Scope::Main, deeds, expected) }
}

const fn by_subscriber(what: &'static str, sender: Sender, deeds: &'static str, expected: Expected) -> Way {
    let (answered, scope) = (Answered::Access, Scope::Subscriber);
    Way { answered, sender, by: Some("4001"), ..by_attendant(what, scope, deeds, expected) }
}

/// Deeds are those of [`Visit::does`].
pub(super) const WAYS: &[Way] = &[
    by_attendant("key to a number", Scope::Main, ".1,.", WhereAllowed),
    by_attendant("key to the extension of a mailbox", Scope::Main, ".2,.", Always("4002")),
    by_attendant("key to an extension without one", Scope::Main, ".3,.", Never),
    by_attendant("the number dialled", Scope::Main, ".95550100#.", WhereAllowed),
    by_attendant("the number dialled, slowly", Scope::Main, ".95550100,.", WhereAllowed),
    by_attendant("an extension dialled", Scope::Main, ".4002#.", Always("4002")),
    by_attendant("an extension without mailbox dialled", Scope::Main, ".4999#.", Never),
    by_attendant("dial by name", Scope::Main, ".#.76484#.1.", Always("4002")),
    by_attendant("time-out key to a number", Scope::Main, ".,.", Never),
    by_attendant("key of a nested attendant", Scope::Inner, ".4,.1,.", WhereAllowed),
    by_attendant("dialled in a nested attendant", Scope::Inner, ".4,.95550100#.", WhereAllowed),
    by_attendant(
        "dialled in the parent, back from a wider one",
        Scope::Main,
        ".4,.9,.95550100#.",
        WhereAllowed,
    ),
    by_attendant("key of the parent, back from a wider one", Scope::Main, ".4,.9,.1,.", WhereAllowed),
    by_attendant("a caller who never copes, without an operator", Scope::Main, ".A.A.A.A.A", Never),
    by_operator("0 to the operator of the plan", Operator::OfPlan, ".0,.", Always(FAR)),
    by_operator("0 to the operator of the attendant", Operator::OfMain, ".0,.", Always(FAR)),
    by_operator("more keys behind that one", Operator::OfMain, ".0,.0123,*#", Always(FAR)),
    by_operator("0 where the menu hides the operator", Operator::Hidden, ".0,.0,.0,.", Never),
    by_operator("a caller who never copes", Operator::OfPlan, ".A.A.A.", Always(FAR)),
    by_operator(
        "a caller who never copes, where the menu hides the operator",
        Operator::Hidden,
        ".A.A.A.",
        Never,
    ),
    Way {
        answered: Answered::Mailbox,
        scope: Scope::Stranger,
        by: Some("4001"),
        ..by_operator("0 in the greeting of a mailbox", Operator::OfPlan, "0", Always(FAR))
    },
    Way {
        answered: Answered::Mailbox,
        scope: Scope::Stranger,
        by: Some("4001"),
        ..by_operator("0 in such a greeting, without an operator", Operator::Nobody, "0.", Never)
    },
    Way {
        by: Some("4002"),
        ..by_operator("0 in the greeting that an attendant leads to", Operator::OfPlan, ".5,0", Always(FAR))
    },
    Way {
        answered: Answered::Access,
        scope: Scope::Stranger,
        ..by_operator("0 before the log-on", Operator::OfPlan, ".0#", Always(FAR))
    },
    Way {
        answered: Answered::Access,
        scope: Scope::Stranger,
        ..by_operator("0 before the log-on, without an operator", Operator::Nobody, ".0#.1#.", Never)
    },
    Way {
        answered: Answered::Access,
        scope: Scope::Stranger,
        ..by_operator("by name before the log-on", Operator::Nobody, ".#.76484#.1.", Always("4002"))
    },
    Way {
        answered: Answered::Access,
        scope: Scope::Stranger,
        ..by_operator("a message by name before the log-on", Operator::Nobody, ".#.76484#.2.", Never)
    },
    Way {
        operator: Operator::OfPlan,
        ..by_subscriber("the operator in the main menu", Sender::Far, ".4001,.730294#.000", Always(FAR))
    },
    by_subscriber("the same without an operator", Sender::Far, ".4001,.730294#.000", Never),
    by_subscriber("call the sender while it is heard", Sender::Far, ".4001,.730294#.1.002", WhereAllowed),
    by_subscriber("call the sender after it", Sender::Far, ".4001,.730294#.1..002", WhereAllowed),
    by_subscriber("call a sender of the plan", Sender::Colleague, ".4001,.730294#.1.002", Always("4002")),
    Way {
        answered: Answered::Main,
        by: Some("4002"),
        ..by_subscriber("the same behind an attendant", Sender::Far, ".5,*.730294#.1.002", WhereAllowed)
    },
    by_subscriber("reply to a sender of the plan", Sender::Colleague, ".4001,.730294#.1.8.!1.", Never),
    by_subscriber("reply to a caller", Sender::Far, ".4001,.730294#.1.8.1.", Never),
    by_subscriber("forward to a colleague", Sender::Far, ".4001,.730294#.1.006.4002,.1.2.", Never),
    by_subscriber("forward to the number", Sender::Far, ".4001,.730294#.1.006.95550100#.", Never),
    by_subscriber("a new message to the number", Sender::Far, ".4001,.730294#.4.95550100#.", Never),
    by_subscriber("a new message by name", Sender::Far, ".4001,.730294#.4.#.76484#.1.!1.", Never),
    by_subscriber(
        "a wrong PIN, then the keys of call the sender",
        Sender::Far,
        ".4001,.730295#.1.002",
        Never,
    ),
];

/// The plan `hq` with all that the ways lead through, before any rule.
pub(super) fn changes(way: &Way) -> Vec<SiteChange> {
    let mut main = attendant("main", &[]);
    let mut inner = attendant("inner", &[]);
    let mut plan = DialPlanPatch::default();
    match way.answered {
        Answered::Main => main.pilots = vec![number(DIALLED)],
        Answered::Access => plan.access_numbers = Some(vec![number(DIALLED)]),
        Answered::Mailbox => {}
    }
    match way.operator {
        Operator::Nobody => {}
        Operator::OfMain => main.operator = Some(number(FAR)),
        Operator::Hidden | Operator::OfPlan => plan.operator = Some(Some(number(FAR))),
    }
    main.business.operator = way.operator != Operator::Hidden;
    for (pressed, action) in
        [("1", "transfer:95550100"), ("2", "transfer:4002"), ("3", "transfer:4999"), ("5", "message:4002")]
    {
        key(&mut main, pressed, action);
    }
    key(&mut inner, "1", "transfer:95550100");
    let nest = |attendant: &str, pressed: &str, to: &str| {
        let mapping = dial_plan::KeyMapping { action: to.parse().unwrap(), announcement: None };
        let change = dial_plan::KeyChange {
            when: dial_plan::MenuTime::Business,
            key: pressed.parse().unwrap(),
            mapping: Some(mapping),
        };
        let patch = AttendantPatch { keys: vec![change], ..AttendantPatch::default() };
        SiteChange::SetAttendant { name: attendant.into(), patch: Box::new(patch) }
    };
    let branch = DialPlan { voip_security: VoipSecurity::Unsecured, ..DialPlan::new(name("branch"), 4) };
    vec![
        set_plan(plan),
        SiteChange::CreateDialPlan(branch),
        create(main),
        create(inner),
        nest("main", "4", "attendant:inner"),
        nest("inner", "9", "attendant:main"),
    ]
}
