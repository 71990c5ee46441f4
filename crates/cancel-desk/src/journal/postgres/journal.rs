//! The journal's methods.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use pg_core::{Invalid, Money, RefundAccount};
use serde_json::json;

use crate::protocol::{Change, Claim, Lease, NewAttempt, Record, Snapshot};
use crate::record::{
    AccountName, AttemptRecord, IntentId, IntentRecord, IntentState, JobId, JobRecord, JobRow, NewJob,
    NewPayment, PaymentKey, PaymentRecord, Resolution, Timestamp,
};

use super::super::apply::{self, Beside};
use super::super::event::NewEvent;
use super::super::gate;
use super::super::jobs::{RESTORED, halt};
use super::super::submit::{check_account, check_person};
use super::super::trail::Before;
use super::super::{
    Checked, Counts, EventRecord, Journal, JournalError, NewIntent, Seen, Submitted, Verification,
};
use super::rows::{self, CORRUPT};
use super::transaction::{Step, Transaction};
use super::work::{
    self, Loaded, PAGE, Told, can_be_stored, check_storable, commit, is_key, store, submit, write,
};
use super::{PostgresJournal, jobs, seal, steps};

#[async_trait::async_trait]
impl Journal for PostgresJournal {
    async fn now(&self) -> Result<Timestamp, JournalError> {
        match self.clock() {
            Some(now) => Ok(now),
            None => Told::new(self.ask(|| vec![steps::now(None)]).await?).now(),
        }
    }

    async fn register_payment(&self, new: NewPayment) -> Result<PaymentRecord, JournalError> {
        new.check()?;
        check_storable(&new)?;
        let (new, key) = (&new, &new.key());
        self.again(|transaction| async move {
            let wanted = vec![
                steps::lock_number(key),
                steps::payment(key),
                steps::under_another(key),
                steps::unsettled(),
                steps::now(self.clock()),
            ];
            let mut told = Told::new(transaction.begin(wanted).await?);
            let _locked = told.rows();
            let known = told.one(rows::payment)?;
            let [under_another, restored] = [(), ()].map(|()| !told.rows().is_empty());
            if let Some(known) = known {
                let same = known.payment == new.payment;
                return if same { Ok(known) } else { Err(JournalError::PaymentConflict.into()) };
            }
            check_account(under_another)?;
            let now = told.now()?;
            let payment = apply::registered(new, restored, now);
            let event = NewEvent::registered(&payment, now);
            transaction.commit(vec![steps::insert_payment(&payment)?, steps::append(&event)]).await?;
            Ok(payment)
        })
        .await
    }

    async fn payment(&self, key: &PaymentKey) -> Result<Option<PaymentRecord>, JournalError> {
        if !is_key(key) {
            return Ok(None);
        }
        Told::new(self.ask(|| vec![steps::payment(key)]).await?).one(rows::payment)
    }

    async fn payments_of_order(&self, merchant_uid: &str) -> Result<Vec<PaymentRecord>, JournalError> {
        if !can_be_stored(merchant_uid) {
            return Ok(Vec::new());
        }
        Told::new(self.ask(|| vec![steps::payments_of_order(merchant_uid)]).await?).all(rows::payment)
    }

    async fn payments(
        &self,
        after: Option<&PaymentKey>,
        limit: u32,
    ) -> Result<Vec<PaymentRecord>, JournalError> {
        if !after.is_none_or(is_key) {
            return Err(Invalid::new("after", "must be the key of a payment").into());
        }
        Told::new(self.ask(|| vec![steps::payments_after(after, limit)]).await?).all(rows::payment)
    }

    async fn accounts(&self) -> Result<BTreeSet<AccountName>, JournalError> {
        let keys = Told::new(self.ask(|| vec![steps::accounts()]).await?).all(rows::key)?;
        Ok(keys.iter().map(PaymentKey::account).collect())
    }

    async fn submit(&self, new: NewIntent) -> Result<Submitted, JournalError> {
        new.check()?;
        let fingerprint = self.options.vault.fingerprint(&new)?;
        let sealed =
            new.account.as_ref().map(|account| self.options.vault.seal(new.id, account)).transpose()?;
        if !is_key(&new.payment) {
            return Err(JournalError::NotFound);
        }
        let (new, sealed) = (&new, &sealed);
        self.again(|transaction| async move {
            let wanted = vec![
                steps::locked_payment(&new.payment),
                steps::intent_of_key(&new.payment.account(), &new.caller_key),
                steps::now(self.clock()),
            ];
            let mut told = Told::new(transaction.begin(wanted).await?);
            let mut payment = told.one(rows::payment)?;
            let known = told.one(rows::intent)?;
            let before = payment.as_ref().map(Before::payment).unwrap_or_default();
            let submitted = submit(known, payment.as_mut(), new, fingerprint, told.now()?)?;
            if let (Submitted::New(intent), Some(mut payment)) = (&submitted, payment) {
                let steps = vec![steps::insert_intent(intent, sealed.clone())];
                let event = NewEvent::submitted(&before, &payment, intent);
                commit(&transaction, steps, &mut payment, Some(&event)).await?;
            }
            Ok(submitted)
        })
        .await
    }

    async fn withdraw(&self, intent: IntentId, by: &str, reason: &str) -> Result<IntentRecord, JournalError> {
        check_person(by, reason)?;
        self.again(|transaction| async move {
            let mut loaded = self.load(&transaction, intent, vec![steps::attempts_of(intent)]).await?;
            let before = Before::rows(&loaded.found);
            let attempts = i64::try_from(loaded.more.rows().len()).unwrap_or(i64::MAX);
            apply::withdraw(&mut loaded.found, attempts, loaded.now)?;
            let event = NewEvent::withdrawn(&before, &loaded.found, by, reason, loaded.now);
            store(&transaction, &mut loaded.found, Some(&event)).await?;
            Ok(loaded.found.intent)
        })
        .await
    }

    async fn intent(&self, id: IntentId) -> Result<Option<IntentRecord>, JournalError> {
        Told::new(self.ask(|| vec![steps::intent(id)]).await?).one(rows::intent)
    }

    async fn intents_of(&self, key: &PaymentKey) -> Result<Vec<IntentRecord>, JournalError> {
        if !is_key(key) {
            return Ok(Vec::new());
        }
        Told::new(self.ask(|| vec![steps::intents_of(key)]).await?).all(rows::intent)
    }

    async fn by_key(&self, account: &AccountName, key: &str) -> Result<Option<IntentRecord>, JournalError> {
        if !can_be_stored(&account.merchant) || !can_be_stored(key) {
            return Ok(None);
        }
        Told::new(self.ask(|| vec![steps::intent_of_key(account, key)]).await?).one(rows::intent)
    }

    async fn attempts_of(&self, intent: IntentId) -> Result<Vec<AttemptRecord>, JournalError> {
        Told::new(self.ask(|| vec![steps::attempts_of(intent)]).await?).all(rows::attempt)
    }

    async fn claim(
        &self,
        owner: &str,
        lease: Duration,
        accounts: &[AccountName],
    ) -> Result<Option<Claim>, JournalError> {
        self.again(|transaction| async move {
            let wanted = vec![steps::claimable(owner, accounts, self.clock())];
            let mut told = Told::new(transaction.begin(wanted).await?);
            let Some(payment) = told.one(rows::payment)? else {
                return Ok(None);
            };
            // only now that it is locked is it known what is there
            let current = transaction.go_on(self.current(&payment.key()).into()).await?;
            Self::take(&transaction, payment, Told::new(current), owner, lease).await
        })
        .await
    }

    async fn claim_payment(
        &self,
        key: &PaymentKey,
        owner: &str,
        lease: Duration,
    ) -> Result<Option<Claim>, JournalError> {
        if !is_key(key) {
            return Err(JournalError::NotFound);
        }
        self.again(|transaction| async move {
            let wanted = std::iter::once(steps::locked_payment(key)).chain(self.current(key));
            let mut told = Told::new(transaction.begin(wanted.collect()).await?);
            let payment = told.one(rows::payment)?.ok_or(JournalError::NotFound)?;
            Self::take(&transaction, payment, told, owner, lease).await
        })
        .await
    }

    async fn next_due(&self) -> Result<Option<Timestamp>, JournalError> {
        let mut told = Told::new(self.ask(|| vec![steps::next_due()]).await?);
        Ok(told.one(|row| rows::some_time(row, "due_at"))?.flatten())
    }

    async fn open_attempt(&self, lease: &Lease, new: &NewAttempt) -> Result<Snapshot, JournalError> {
        let intent = new.plan.intent;
        self.again(|transaction| async move {
            let more = vec![steps::attempts_of(intent), steps::of_job(intent)];
            let mut loaded = self.load(&transaction, intent, more).await?;
            let (found, now) = (&mut loaded.found, loaded.now);
            apply::renew(&mut found.payment, lease, now)?;
            let no = i64::try_from(loaded.more.rows().len()).unwrap_or(i64::MAX).saturating_add(1);
            let of = loaded.more.of_job()?;
            if loaded.open.is_some() {
                return Err(JournalError::NotAllowed("another attempt is open").into());
            }
            if let Some(instead) = gate::instead_of_opening(found, of, now)? {
                return write(&transaction, loaded.found, instead, now).await;
            }
            let before = Before::rows(found);
            let attempt = apply::open(&mut found.payment, &mut found.intent, new, no, now)?;
            let event = NewEvent::opened(&before, found, &attempt, now);
            let steps =
                vec![steps::insert_attempt(&attempt, &lease.payment), steps::update_intent(&found.intent)?];
            commit(&transaction, steps, &mut found.payment, Some(&event)).await?;
            found.attempt = Some(attempt);
            Ok(loaded.found.into_snapshot(now))
        })
        .await
    }

    async fn record(&self, lease: &Lease, record: &Record) -> Result<Snapshot, JournalError> {
        self.again(|transaction| async move {
            let is_sending = record.change == Change::Resend;
            let more = if is_sending { vec![steps::of_job(record.intent)] } else { Vec::new() };
            let loaded = self.load(&transaction, record.intent, more).await?;
            let Loaded { mut found, now, mut more, .. } = loaded;
            apply::renew(&mut found.payment, lease, now)?;
            let of = if is_sending { more.of_job()? } else { None };
            match gate::instead_of(&found, record, of, now) {
                Some(instead) => write(&transaction, found, instead, now).await,
                None => work::record(&transaction, found, record, now).await,
            }
        })
        .await
    }

    async fn release(&self, lease: &Lease) -> Result<(), JournalError> {
        self.ask(|| vec![steps::release(&lease.payment, lease.fence)]).await.map(drop)
    }

    async fn refund_account(&self, intent: IntentId) -> Result<Option<RefundAccount>, JournalError> {
        let mut told = Told::new(self.ask(|| vec![steps::account(intent)]).await?);
        let sealed = told.one(|row| Ok(row.try_get::<_, Option<Vec<u8>>>("account")?))?;
        let sealed = sealed.ok_or(JournalError::NotFound)?;
        sealed.map(|sealed| self.options.vault.open(intent, &sealed)).transpose()
    }

    async fn hint(&self, key: &PaymentKey) -> Result<bool, JournalError> {
        if !is_key(key) {
            return Ok(false);
        }
        self.again(|transaction| async move {
            let wanted = std::iter::once(steps::locked_payment(key)).chain(self.current(key));
            let mut told = Told::new(transaction.begin(wanted.collect()).await?);
            let payment = told.one(rows::payment)?;
            let intent = told.one(rows::intent)?;
            let open = told.one(rows::attempt)?;
            let now = told.now()?;
            let (Some(mut payment), Some(mut intent), Some(_)) = (payment, intent, open) else {
                return Ok(false);
            };
            if !apply::hint(&mut intent, now) {
                return Ok(false);
            }
            commit(&transaction, vec![steps::update_intent(&intent)?], &mut payment, None).await?;
            Ok(true)
        })
        .await
    }

    async fn recover(&self) -> Result<u64, JournalError> {
        let keys = Told::new(self.ask(|| vec![steps::open_payments()]).await?).all(rows::key)?;
        let mut hinted = 0_u64;
        for key in &keys {
            hinted = hinted.saturating_add(u64::from(self.hint(key).await?));
        }
        Ok(hinted)
    }

    async fn suspect_all(&self, by: &str, reason: &str) -> Result<u64, JournalError> {
        check_person(by, reason)?;
        self.again(|transaction| async move {
            let wanted = vec![
                jobs::locked_all(),
                jobs::halt_all(RESTORED),
                steps::now(self.clock()),
                steps::restored(self.clock()),
            ];
            let mut told = Told::new(transaction.begin(wanted).await?);
            told.rows();
            told.rows();
            let (now, since) = (told.now()?, told.now()?);
            let mut marked = 0_u64;
            let mut after: Option<PaymentKey> = None;
            loop {
                let wanted = vec![steps::locked_payments_after(after.as_ref(), PAGE)];
                let payments = Told::new(transaction.go_on(wanted).await?).all(rows::payment)?;
                let Some(end) = payments.last().map(PaymentRecord::key) else { break };
                after = Some(end);
                let mark = |payment: &mut PaymentRecord| apply::suspect(payment, since);
                let suspects: Vec<PaymentRecord> = payments
                    .into_iter()
                    .filter_map(|mut payment| mark(&mut payment).then_some(payment))
                    .collect();
                marked = marked.saturating_add(u64::try_from(suspects.len()).unwrap_or(0));
                if suspects.is_empty() {
                    continue;
                }
                let mut steps: Vec<Step> = suspects.iter().map(steps::update_payment).collect();
                steps.push(steps::append(&NewEvent::suspected(&suspects, now)));
                transaction.go_on(steps).await?;
            }
            let detail = json!({ "by": by, "reason": reason, "payments": marked });
            let event = NewEvent::general(now, "restored", detail);
            transaction.commit(vec![steps::refresh_halted(), steps::append(&event)]).await?;
            Ok(marked)
        })
        .await
    }

    async fn settled(&self, by: &str, reason: &str) -> Result<bool, JournalError> {
        check_person(by, reason)?;
        self.again(|transaction| async move {
            let wanted = vec![steps::settle(), steps::now(self.clock())];
            let mut told = Told::new(transaction.begin(wanted).await?);
            let was = !told.rows().is_empty();
            if was {
                let detail = json!({ "by": by, "reason": reason });
                let event = NewEvent::general(told.now()?, "settled", detail);
                transaction.commit(vec![steps::append(&event)]).await?;
            }
            Ok(was)
        })
        .await
    }

    async fn compared(
        &self,
        key: &PaymentKey,
        seen_balance: i64,
        unexplained: bool,
    ) -> Result<PaymentRecord, JournalError> {
        self.change_payment(key, |payment, open, now| {
            let before = Before::payment(payment);
            apply::compared(payment, seen_balance, unexplained, open)?;
            Ok(NewEvent::compared(&before, payment, seen_balance, now))
        })
        .await
    }

    async fn trust(
        &self,
        key: &PaymentKey,
        by: &str,
        reason: &str,
        seen: Option<Seen>,
    ) -> Result<PaymentRecord, JournalError> {
        check_person(by, reason)?;
        self.trust_payment(key, (by, reason), seen).await
    }

    async fn last_event(&self) -> Result<i64, JournalError> {
        // what was committed before is sealed first: it must not count as younger
        seal(&self.pool, self.options.limit).await?;
        let mut told = Told::new(self.ask(|| vec![steps::last_event()]).await?);
        told.one(|row| Ok(row.try_get("seq")?))?.ok_or(CORRUPT)
    }

    async fn plan_job(&self, new: NewJob) -> Result<JobRecord, JournalError> {
        if !new.rows.iter().all(|row| is_key(&row.payment)) {
            return Err(Invalid::new("payment_id", "must be at most 500 bytes, none of them zero").into());
        }
        let (last, now) = (self.last_event().await?, self.now().await?);
        let (job, planned) = super::super::jobs::plan(new, &self.options.vault, last, now)?;
        let (job, planned) = (&job, &planned);
        self.again(|transaction| async move { jobs::plan(&transaction, job, planned).await }).await
    }

    async fn job(&self, id: JobId) -> Result<Option<JobRecord>, JournalError> {
        self.again(|transaction| async move { jobs::find(&transaction, id).await }).await
    }

    async fn jobs(&self, limit: u32) -> Result<Vec<JobRecord>, JournalError> {
        self.again(|transaction| async move { jobs::newest(&transaction, limit).await }).await
    }

    async fn job_rows(&self, id: JobId, after_line: i64, limit: u32) -> Result<Vec<JobRow>, JournalError> {
        self.again(|transaction| async move { jobs::rows_of(&transaction, id, after_line, limit).await })
            .await
    }

    async fn planned_under(
        &self,
        account: &AccountName,
        keys: &[String],
        but: &str,
    ) -> Result<BTreeMap<String, (JobId, i64)>, JournalError> {
        let keys: Vec<String> = keys.iter().filter(|key| can_be_stored(key)).cloned().collect();
        if !can_be_stored(&account.merchant) || !can_be_stored(but) {
            return Ok(BTreeMap::new());
        }
        let mut told = Told::new(self.ask(|| vec![jobs::planned_under(account, &keys, but)]).await?);
        Ok(told.all(jobs::planned_row)?.into_iter().collect())
    }

    async fn job_is_settled(&self, id: JobId) -> Result<bool, JournalError> {
        let told = Told::new(self.ask(|| vec![jobs::unsettled(id)]).await?).rows();
        Ok(told.is_empty())
    }

    async fn approve_job(
        &self,
        id: JobId,
        hash: [u8; 32],
        totals: &[Money],
        by: &str,
    ) -> Result<JobRecord, JournalError> {
        check_person(by, "approval")?;
        self.approve(id, &hash, totals, by).await
    }

    async fn halt_job(&self, id: JobId, why: &str) -> Result<JobRecord, JournalError> {
        self.change_job(id, "halted", None, |job| halt(job, why)).await
    }

    async fn discard_job(&self, id: JobId, by: &str, reason: &str) -> Result<JobRecord, JournalError> {
        check_person(by, reason)?;
        self.discard(id, by, reason).await
    }

    async fn held_by(&self, intent: IntentId) -> Result<Option<JobId>, JournalError> {
        let mut told = Told::new(self.ask(|| vec![steps::held_by(intent)]).await?);
        told.one(|row| Ok(JobId::from_bytes(rows::bytes(row, "job")?)))
    }

    async fn submit_row(&self, job: JobId, line: i64) -> Result<Submitted, JournalError> {
        // the inner error is a refusal, which is noted in the row
        self.again(|transaction| async move { jobs::submit(&transaction, job, line, self.clock()).await })
            .await?
    }

    async fn counts(&self) -> Result<Counts, JournalError> {
        let mut told = Told::new(self.ask(steps::counts).await?);
        let many = |found: i64| u64::try_from(found).unwrap_or(0);
        let of_payments = told.rows();
        let of_payments = of_payments.first().ok_or(CORRUPT)?;
        let by_state = told.all(|row| {
            let state = IntentState::from_word(row.try_get("state")?).ok_or(CORRUPT)?;
            Ok(((rows::gateway(row.try_get("gateway")?)?, state.as_str()), row.try_get::<_, i64>("many")?))
        })?;
        let intents: BTreeMap<_, _> = by_state.into_iter().map(|(what, found)| (what, many(found))).collect();
        let waiting = told.one(|row| Ok(row.try_get::<_, i64>("waiting")?))?;
        Ok(Counts {
            payments: many(of_payments.try_get("payments")?),
            suspects: many(of_payments.try_get("suspects")?),
            intents,
            waiting: many(waiting.unwrap_or(0)),
            oldest_due: rows::some_time(of_payments, "due_at")?,
        })
    }

    async fn waiting_for_a_person(&self, limit: u32) -> Result<Vec<IntentRecord>, JournalError> {
        Told::new(self.ask(|| vec![steps::waiting_for_a_person(limit)]).await?).all(rows::intent)
    }

    async fn resolve_by_the_books(
        &self,
        intent: IntentId,
        resolution: Resolution,
        checked: Checked,
        by: &str,
        reason: &str,
    ) -> Result<IntentRecord, JournalError> {
        check_person(by, reason)?;
        self.again(|transaction| async move {
            let wanted = vec![steps::attempts_of(intent)];
            let Loaded { mut found, open, now, mut more } = self.load(&transaction, intent, wanted).await?;
            let before = Before::rows(&found);
            let beside =
                Beside { tried: !more.rows().is_empty(), open: open.map(|attempt| attempt.amount.minor()) };
            apply::resolve(&mut found, beside, (resolution, checked), now)?;
            let event = NewEvent::resolved(&before, &found, resolution, (by, reason), now);
            store(&transaction, &mut found, Some(&event)).await?;
            Ok(found.intent)
        })
        .await
    }

    async fn note(&self, intent: IntentId, kind: &'static str, detail: &str) -> Result<(), JournalError> {
        let detail = &json!({ "note": detail });
        self.again(|transaction| async move {
            let wanted = vec![steps::intent(intent), steps::now(self.clock())];
            let mut told = Told::new(transaction.begin(wanted).await?);
            told.one(rows::intent)?.ok_or(JournalError::NotFound)?;
            let event = NewEvent::remark(intent, told.now()?, kind, detail.clone());
            transaction.commit(vec![steps::append(&event)]).await?;
            Ok(())
        })
        .await
    }

    async fn events(&self, after: i64, limit: u32) -> Result<Vec<EventRecord>, JournalError> {
        seal(&self.pool, self.options.limit).await?;
        Told::new(self.ask(|| vec![steps::events(after, limit)]).await?).all(rows::event)
    }

    async fn events_of(&self, intent: IntentId) -> Result<Vec<EventRecord>, JournalError> {
        seal(&self.pool, self.options.limit).await?;
        Told::new(self.ask(|| vec![steps::events_of(intent)]).await?).all(rows::event)
    }

    async fn verify(&self) -> Result<Verification, JournalError> {
        seal(&self.pool, self.options.limit).await?;
        self.again(|transaction: Arc<Transaction>| async move { self.verify_all(&transaction).await }).await
    }
}
