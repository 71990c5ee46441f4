use cancel_desk::bulk::file::OrderFile;
use cancel_desk::bulk::{BulkError, RowState, Verdict, approve, short_hash, write_left_out};
use cancel_desk::bulk::{Planner, Report, Run, RunEnd, RunOptions};
use cancel_desk::journal::NewIntent;
use cancel_desk::pg_core::{Gateway, Money};
use cancel_desk::record::{JobState, NewPayment};
use pg_sandbox::Operation;
use std::sync::Arc;

use crate::scene::{SHOP, Scene, approved_again, sound};

/// As the file of left-out rows has it: a word for people, and why.
fn told(verdict: &Verdict) -> (String, String) {
    (format!("«{}»", verdict.as_str()), verdict.to_string())
}

fn verdicts(plan: &cancel_desk::bulk::Plan) -> Vec<&'static str> {
    plan.rows.iter().map(|row| row.verdict.as_str()).collect()
}

#[tokio::test]
async fn a_dry_run_says_of_every_row_what_would_become_of_it() {
    let scene = Scene::new().await;
    let journal = scene.journal();
    for order in ["A", "B", "C", "D"] {
        scene.pay(&*journal, Gateway::Chaiport, order, 10_000).await;
    }
    let twin = scene.pay(&*journal, Gateway::Settlebank, "D", 10_000).await;
    let b = journal.payments_of_order("B").await.unwrap().remove(0);
    journal.submit(NewIntent::new(b.key(), "return-1", Money::krw(10_000).unwrap()).unwrap()).await.unwrap();
    let file = "merchant_uid,gateway,amount,key,refund_bank,refund_holder,refund_account\n\
                A,,3000,,,,\nA,,3000,,,,\nA,,3000,again,,,\nA,,5000,,,,\nA,,full,,,,\nA,,full,last,,,\nA,,1,later,,,\n\
                B,,1,return-1,,,\nB,,full,,,,\nC,,12.5,,,,\nC,,7000,,077,홍길동,111\nX,,1,,,,\nD,,1,,,,\nD,settlebank,1,,,,\n";
    let plan = scene.plan(&journal, file).await;
    assert_eq!(
        verdicts(&plan),
        [
            "ok",
            "duplicate",
            "ok",
            "over_balance",
            "ok",
            "over_balance",
            "over_balance",
            "known",
            "already_refunded",
            "not_cancellable",
            "not_cancellable",
            "not_registered",
            "ambiguous",
            "ok"
        ]
    );
    assert_eq!(plan.rows[1].verdict, Verdict::Duplicate { line: 2 });
    assert_eq!(plan.rows[3].verdict, Verdict::OverBalance { left: Money::krw(4_000).unwrap() });
    assert_eq!(plan.rows[13].payment, Some(twin.key()));
    let job = plan.job.as_ref().unwrap();
    assert_eq!((job.rows, job.state), (4, JobState::Planned));
    assert_eq!(job.totals[0].approved, Money::krw(10_001).unwrap());
    let mut csv = Vec::new();
    write_left_out(&mut csv, plan.left_out(), "판정", told).unwrap();
    let csv = String::from_utf8(csv).unwrap();
    assert_eq!(csv.lines().count(), 11);
    assert!(csv.starts_with(
        "\u{feff}merchant_uid,payment_id,gateway,account,amount,reason,key,left_out,why,line,판정\n"
    ));
    assert!(csv.contains(",5,«over_balance»\n"), "{csv}");
    assert!(csv.contains("\nX,,,,1,,,not_registered,") && !csv.contains("홍길동"), "{csv}");
    // corrected, it is read again
    let corrected = csv.replace("\nD,,,,1,", "\nD,,settlebank,,2,");
    let again = OrderFile::read(corrected.as_bytes()).unwrap();
    assert_eq!(again.rows.len(), 10);
    let planner = Planner::new(Arc::clone(&journal), Arc::new(scene.accounts.clone())).keeping_all_rows(true);
    let again = planner.plan(again, "left-out.csv").await.unwrap();
    assert_eq!(again.rows.last().unwrap().verdict, Verdict::Ok);
    assert_eq!(again.rows.last().unwrap().payment, Some(twin.key()));
    assert_eq!(scene.sandbox.requests().len(), 0, "nothing is asked, nothing is sent");
    // the same file again is the same plan
    assert_eq!(scene.plan(&journal, file).await.job.unwrap().id, job.id);
}

#[tokio::test]
async fn looking_up_finds_what_the_journal_does_not_know() {
    let scene = Scene::new().await;
    let journal = scene.journal();
    let mut ids = Vec::new();
    for order in ["A", "B", "C"] {
        ids.push(scene.pay(&*journal, Gateway::Chaiport, order, 10_000).await.payment.gateway_id);
    }
    let chaiport = pg_sandbox::Gateway::Chaiport;
    scene.sandbox.console_refund(chaiport, &ids[0], 10_000).unwrap();
    scene.sandbox.console_refund(chaiport, &ids[1], 4_000).unwrap();
    let ghost = cancel_desk::pg_core::PaymentRef::new(
        Gateway::Chaiport,
        "imp_999999999999",
        "D",
        Money::krw(10_000).unwrap(),
    );
    journal.register_payment(NewPayment::new(SHOP, ghost)).await.unwrap();
    let file = "merchant_uid,amount\nA,1000\nB,7000\nC,7000\nC,2000\nD,1\n";
    let planner = Planner::new(journal.clone(), Arc::new(scene.accounts.clone()))
        .looking_up(true)
        .keeping_all_rows(true);
    let file = OrderFile::read(file.as_bytes()).unwrap();
    let of_journal = Planner::new(journal.clone(), Arc::new(scene.accounts.clone()));
    let of_journal = of_journal.plan(file.clone(), "f").await.unwrap();
    let plan = planner.plan(file, "f").await.unwrap();
    assert_eq!(verdicts(&plan), ["already_refunded", "over_balance", "ok", "ok", "not_cancellable"]);
    // other rows are another plan, and it says so
    let other = of_journal.job.unwrap();
    assert!(of_journal.others.is_empty() && plan.job.as_ref().unwrap().id != other.id);
    assert_eq!(plan.others, [other]);
    assert_eq!(scene.sandbox.count(chaiport, Operation::LookUp), 4);
    assert_eq!(scene.sandbox.count(chaiport, Operation::Cancel), 0);
}

#[tokio::test]
async fn only_exactly_this_plan_is_approved_and_only_an_approved_one_runs() {
    let scene = Scene::new().await;
    let journal = scene.journal();
    let file = scene.orders(&*journal, &[Gateway::Chaiport, Gateway::Eximbay], 4).await;
    let job = scene.planned(&journal, &file).await;
    let totals: Vec<Money> = job.totals.iter().map(|total| total.approved).collect();
    let hash = short_hash(&job);
    let stands = hash.clone();
    let refused =
        Run::new(journal.clone(), &scene.accounts, job.id, RunOptions::default()).await.unwrap_err();
    assert!(matches!(refused, BulkError::NotApproved { state: JobState::Planned, .. }), "{refused}");
    let more = totals[0].checked_add(Money::krw(1).unwrap()).unwrap();
    for (hash, totals, about) in [
        (hash.replace(|_: char| true, "0"), totals.clone(), "approve"),
        (hash.chars().take(8).collect(), totals.clone(), "approve"),
        (hash.clone(), totals[..1].to_vec(), "total"),
        (hash.clone(), vec![more, totals[1]], "total"),
        (hash.clone(), vec![], "total"),
    ] {
        let error = approve(&*journal, job.id, &hash, &totals, "김").await.unwrap_err();
        assert!(matches!(&error, BulkError::Invalid(invalid) if invalid.field() == about), "{error}");
        let told = error.to_string();
        assert!(about != "total" || (told.contains("planned KRW") && told.contains("given ")), "{told}");
        // who has not seen the plan is not told what to approve it by
        assert!(!told.contains(&stands), "{told}");
    }
    assert!(approve(&*journal, job.id, &hash, &totals, " ").await.is_err(), "signed with a name");
    assert_eq!(scene.sandbox.count(pg_sandbox::Gateway::Chaiport, Operation::Cancel), 0);
    let _approval = approved_again(&*journal, &job).await;
    assert_eq!(scene.carry(&journal, job.id, RunOptions::default()).await, RunEnd::Done);
    let report = Report::of(&*journal, job.id).await.unwrap();
    assert_eq!(report.count(RowState::Completed), 4);
    scene.ledgers_agree(&report);
    // the file of a job that has begun is not planned anew, and its refunds are known under any other name
    let again = scene.plan(&journal, &file).await;
    assert!(again.begun && again.job.unwrap().id == job.id);
    let other = scene.plan(&journal, &format!("{file}\n")).await;
    assert!(other.job.is_none());
    assert!(verdicts(&other).iter().all(|verdict| *verdict == "known"), "{:?}", verdicts(&other));
    sound(&*journal).await;
}

#[tokio::test]
async fn what_was_asked_for_before_is_not_planned_again_without_a_key_of_its_own() {
    let scene = Scene::new().await;
    let journal = scene.journal();
    let payment = scene.pay(&*journal, Gateway::Chaiport, "A", 10_000).await;
    let wish = NewIntent::new(payment.key(), "return-4711", Money::krw(2_000).unwrap()).unwrap();
    journal.submit(wish).await.unwrap();
    let plan = scene.plan(&journal, "merchant_uid,amount,key\nA,2000,\nA,2001,\nA,2000,one-more\n").await;
    assert_eq!(verdicts(&plan), ["known", "ok", "ok"]);

    // the same key is told from the same refund, and what was not refunded is no "once more"
    let withdrawn = NewIntent::new(payment.key(), "return-1", Money::krw(10).unwrap()).unwrap();
    let withdrawn = journal.submit(withdrawn).await.unwrap().intent().id;
    journal.withdraw(withdrawn, "김", "다시").await.unwrap();
    let file = "merchant_uid,amount,key\nA,100,k\nA,101,k\nA,300,\nA,300,\nA,10,return-1\n";
    let plan = scene.plan(&journal, file).await;
    assert_eq!(verdicts(&plan), ["ok", "duplicate_key", "ok", "duplicate", "known"]);
    let said = |row: usize| plan.rows[row].verdict.to_string();
    assert!(said(1).contains("the same key as line 2") && said(3).contains("the same as line 4"));
    assert!(
        said(4).contains("withdrawn: give it a new key") && !said(4).contains("once more"),
        "{}",
        said(4)
    );
}

#[tokio::test]
async fn the_same_amount_under_another_key_is_named_and_no_new_key_advised() {
    let scene = Scene::new().await;
    let journal = scene.journal();
    let payment = scene.pay(&*journal, Gateway::Chaiport, "A", 10_000).await;
    let ask = async |key: &str, won: i64| {
        let wish = NewIntent::new(payment.key(), key, Money::krw(won).unwrap()).unwrap();
        journal.submit(wish).await.unwrap().intent().id
    };
    for (key, won) in [("mine", 2_000), ("bulk:full", 8_000)] {
        journal.withdraw(ask(key, won).await, "김", "작업 중단").await.unwrap();
    }
    let by_hand = ask("by-hand", 2_000).await.to_string();
    let plan = scene.plan(&journal, "merchant_uid,amount,key\nA,2000,mine\nA,2000,new\nA,1,new-1\n").await;
    assert_eq!(verdicts(&plan), ["known", "ok", "ok"]);
    let said = plan.rows[0].verdict.to_string();
    for part in ["withdrawn", "under the key by-hand (planned", &by_hand, "do not ask again"] {
        assert!(said.contains(part), "{said}");
    }
    assert!(!said.contains("new key"), "{said}");
    let doubtful: Vec<(u64, String)> =
        plan.doubtful().map(|(row, same)| (row.given.line, same.cancel.to_string())).collect();
    assert_eq!(doubtful, [(3, by_hand)]);
    // all that was left then was refunded since: nothing is left, and that one is named
    ask("all-by-hand", 8_000).await;
    let plan = scene.plan(&journal, "merchant_uid,amount,key\nA,full,bulk:full\n").await;
    let said = plan.rows[0].verdict.to_string();
    assert!(said.contains("under the key all-by-hand"), "{said}");
}

#[tokio::test]
async fn a_refund_that_was_asked_for_since_the_plan_is_left_out() {
    let scene = Scene::new().await;
    let journal = scene.journal();
    let a = scene.pay(&*journal, Gateway::Chaiport, "A", 10_000).await;
    scene.pay(&*journal, Gateway::Chaiport, "B", 10_000).await;
    let job = scene.approved(&journal, "merchant_uid,amount\nA,2000\nB,3000\n").await;
    let wish = NewIntent::new(a.key(), "by-hand", Money::krw(2_000).unwrap()).unwrap();
    journal.submit(wish).await.unwrap();
    let end = scene.carry(&journal, job.id, RunOptions::default().with_canary(0)).await;
    assert_eq!(end, RunEnd::Done);
    let report = Report::of(&*journal, job.id).await.unwrap();
    assert_eq!((report.count(RowState::LeftOut), report.count(RowState::Completed)), (1, 1));
    assert_eq!(report.refusals().into_iter().collect::<Vec<_>>(), [("asked_since", 1)]);
    let ledger = scene.sandbox.payment(pg_sandbox::Gateway::Chaiport, &a.payment.gateway_id).unwrap();
    assert!(ledger.entries.len() <= 1, "{:?}", ledger.entries);
    // the plan that is made now knows of it
    assert_eq!(verdicts(&scene.plan(&journal, "merchant_uid,amount\nA,2000\n").await), ["known"]);
    sound(&*journal).await;
}

/// Fed back as it is, the second of two equal rows has the very key of the first: nothing would be refunded for it.
#[tokio::test]
async fn a_row_that_another_plan_has_is_left_out_and_never_called_completed() {
    let scene = Scene::new().await;
    let journal = scene.journal();
    scene.pay(&*journal, Gateway::Chaiport, "A", 10_000).await;
    let first = scene.plan(&journal, "merchant_uid,amount\nA,3000\nA,3000\n").await;
    assert_eq!(verdicts(&first), ["ok", "duplicate"]);
    let job = first.job.clone().unwrap();
    let planner = Planner::new(Arc::clone(&journal), Arc::new(scene.accounts.clone())).keeping_all_rows(true);
    let mut csv = Vec::new();
    write_left_out(&mut csv, first.left_out(), "verdict", told).unwrap();
    let left_out = OrderFile::read(&csv).unwrap();
    let fed_back = planner.plan(left_out.clone(), "left-out.csv").await.unwrap();
    assert_eq!(fed_back.rows[0].verdict, Verdict::Planned { job: job.id, line: 2 });
    assert!(fed_back.job.is_none());
    let meant = scene.plan(&journal, "merchant_uid,amount,key\nA,3000,once-more\nA,2000,\n").await;
    assert_eq!(verdicts(&meant), ["ok", "ok"]);
    // a plan that is given up holds nothing back
    journal.discard_job(job.id, "kim", "wrong file").await.unwrap();
    let again = planner.plan(left_out, "left-out.csv").await.unwrap();
    assert_eq!(verdicts(&again), ["ok"]);
    // somebody else asks under the same key, and it is refunded: not by this job
    let row = &journal.job_rows(again.job.as_ref().unwrap().id, 0, 1).await.unwrap()[0];
    let wish = NewIntent::new(row.payment.clone(), row.caller_key.as_str(), row.amount).unwrap();
    journal.submit(wish).await.unwrap();
    let approval = approved_again(&*journal, &again.job.unwrap()).await;
    assert_eq!(scene.carry(&journal, approval, RunOptions::default()).await, RunEnd::Done);
    let report = Report::of(&*journal, approval.job()).await.unwrap();
    assert_eq!((report.count(RowState::Completed), report.count(RowState::RefundedElsewhere)), (0, 1));
    assert!(report.is_done());
    sound(&*journal).await;
}

/// What is under way may not be in the gateway's books yet, and what fell there may be somebody else's.
#[tokio::test]
async fn looking_up_holds_back_what_is_under_way() {
    let scene = Scene::new().await;
    let journal = scene.journal();
    let chaiport = pg_sandbox::Gateway::Chaiport;
    for order in ["A", "B"] {
        let payment = scene.pay(&*journal, Gateway::Chaiport, order, 10_000).await;
        scene.sandbox.console_refund(chaiport, &payment.payment.gateway_id, 6_000).unwrap();
        let open = NewIntent::new(payment.key(), format!("open-{order}"), Money::krw(600).unwrap()).unwrap();
        journal.submit(open).await.unwrap();
    }
    let file = "merchant_uid,amount\nA,3900\nB,3400\nB,1\n";
    let planner = Planner::new(journal.clone(), Arc::new(scene.accounts.clone()))
        .looking_up(true)
        .keeping_all_rows(true);
    let plan = planner.plan(OrderFile::read(file.as_bytes()).unwrap(), "f").await.unwrap();
    let left = |won| Verdict::OverBalance { left: Money::krw(won).unwrap() };
    let found: Vec<Verdict> = plan.rows.iter().map(|row| row.verdict.clone()).collect();
    assert_eq!(found, [left(3_400), Verdict::Ok, left(0)]);
    assert_eq!(scene.sandbox.count(chaiport, Operation::Cancel), 0);
}
