package repotest

// mutants break what the package promises. The text before is short, so that it
// stands where it is while the code around it changes.
var mutants = []mutant{
	// What an answer means.
	{"an event is refused by the API's own word alone", "core/internal/endpoint/answer.go",
		`if isJSON(a.body) {`, `if true {`},
	{"a page is no delivery", "core/internal/endpoint/answer.go",
		`if success && !isPage(a) {`, `if success {`},
	{"a page is a page whatever comes before it", "core/internal/endpoint/answer.go",
		`bytes.HasPrefix(trimStart(text), []byte("<"))`, `bytes.HasPrefix(text, []byte("<"))`},
	{"409 is a delivery", "core/internal/endpoint/answer.go",
		` || a.status == http.StatusConflict`, ``},
	{"a Retry-After of a year is ten minutes", "core/internal/endpoint/answer.go",
		`return min(time.Duration(seconds)*time.Second, maxRetryAfter)`, `return time.Duration(seconds) * time.Second`},
	{"a date in Retry-After is read", "core/internal/endpoint/answer.go",
		`return min(max(at.Sub(now), 0), maxRetryAfter)`, `return min(max(at.Sub(now), 0), 0)`},
	{"a transport that ends its goroutine costs one request", "core/internal/endpoint/contain.go",
		`			<-e.foreign
`, `			if done {
				<-e.foreign
			}
`},
	{"a connection lives for five minutes", "core/internal/endpoint/connections.go",
		` && now.Sub(c.born) < maxConnection`, ``},
	{"an answer that nobody asked for is none", "core/internal/endpoint/connections.go",
		` && c.alive()`, ``},
	{"a kept connection that was closed costs no retry", "core/internal/endpoint/connections.go",
		`if a.err == nil || c.got || isTimeout(a.err) || ctx.Err() != nil {`, `if true {`},
	{"idle connections are closed", "core/internal/endpoint/connections.go",
		`p.timer = time.AfterFunc(idleConnection, p.sweep)`, `_ = p.sweep`},
	{"a request has an end", "core/internal/endpoint/connections.go",
		`deadline := time.Now().Add(p.timeout)`, `deadline := time.Now().Add(20 * p.timeout)`},
	{"an answer is bounded", "core/internal/endpoint/connection.go",
		`c.left -= n`, `_ = n`},

	// For whom a failure speaks.
	{"one wrong answer does not end Close and Flush", "core/internal/delivery/witness.go",
		`return fresh && met >= min(2, waiting) && w.goodAt.Before(since)`, `return fresh`},
	{"Flush does not give up while events are delivered", "core/internal/delivery/witness.go",
		` && w.goodAt.Before(since)`, ``},
	{"an event that always fails holds up nobody", "core/internal/delivery/witness.go",
		`if w.proved.IsZero() {`, `if true {`},
	{"an event is never sent before its own Retry-After", "core/internal/delivery/attempt.go",
		`Hold: v.RetryAfter, `, ``},
	{"a probe is not the event that failed last", "core/internal/delivery/pacer.go",
		`return max(p.until.Sub(now), 0) + behind`, `return max(p.until.Sub(now), 0) + 0*behind`},
	{"a Retry-After of the API is kept by what is on its way", "core/internal/delivery/pacer.go",
		`return !p.closed || given.probe && !now.Before(p.silence)`, `return true`},
	{"a Retry-After of one event is its own", "core/internal/delivery/pacer.go",
		`if p.isSuspect(r, used.sent) {`, `if v.RetryAfter == 0 && p.isSuspect(r, used.sent) {`},
	{"an outage is asked after once in a while", "core/internal/delivery/pacer.go",
		`p.closed, p.until = true, later(p.until, until)`, `p.until = later(p.until, until)`},
	{"an overload halves what is sent at once", "core/internal/delivery/pacer.go",
		`	if v.Overload {
		p.halve()
	}
`, ``},
	{"concurrency follows the backlog", "core/internal/delivery/pacer.go",
		`p.limit < p.most &&`, `false &&`},
	{"a Flush asks while the gate is closed", "core/internal/delivery/pacer.go",
		`if busy || now.Before(p.silence)`, `if p.closed || busy || now.Before(p.silence)`},
	{"connections do not outlive an outage", "core/internal/delivery/attempt.go",
		`		e.api.Drop() // what`, `		_ = holds // what`},
	{"retries end after MaxAge", "core/internal/delivery/attempt.go",
		`case r.Age >= e.MaxAge:`, `case false:`},
	{"retries count", "core/internal/delivery/attempt.go",
		`Attempts: r.Attempts + 1}, nil)`, `Attempts: r.Attempts}, nil)`},
	{"nothing of an earlier run expires before it was tried", "core/internal/delivery/take.go",
		`case !r.Recovered && `, `case `},
	{"the ledger adds up at any quiet moment", "core/internal/delivery/flush.go",
		`	if then != nil {
		then()
	}`, `	if then != nil {
		time.AfterFunc(70*time.Millisecond, then)
	}`},
	{"Flush waits for what was accepted before", "core/internal/delivery/flush.go",
		`case n == 0:`, `case n >= 0:`},
	{"Shutdown cancels what is on its way", "core/internal/delivery/flush.go",
		`	e.cancel()
	grace`, `	grace`},
	{"what is handed over is settled", "core/internal/delivery/sync.go",
		`	for _, id := range handedOver {
		e.end(id, nil)
	}
`, ``},
	{"a store that failed is asked again", "core/internal/delivery/sync.go",
		`e.syncInLocked(backoff(e.syncFails, storePause))`, `_ = backoff`},

	// What people read.
	{"the key is in no log line and no error", "core/internal/redact/redact.go",
		`	if r != nil {
		s = r.key`, `	if false {
		s = r.key`},
	{"text from outside is bounded", "core/internal/redact/redact.go",
		`if whole && len(s) <= maxText {`, `if true {`},
	{"text from outside holds no control characters", "core/internal/redact/redact.go",
		`case unicode.IsPrint(c):`, `case true:`},
	{"a Secret does not print itself", "core/secret.go",
		`func (Secret) String() string { return redacted }`, `func (s Secret) String() string { return string([]byte(s)) }`},
	{"what OnDrop sends in vain calls no OnDrop", "core/drops.go",
		` || insideOnDrop()`, ``},
	{"what waits behind OnDrop is bounded in bytes", "core/internal/callbacks/queue.go",
		` || q.bytes >= maxBytes`, ``},
	{"a callback that ends its goroutine costs one call", "core/internal/callbacks/queue.go",
		`			go q.run(idle)
		}`, `			close(idle)
		}`},
	{"a callback that panics costs one call", "core/internal/callbacks/queue.go",
		`defer func() { _ = recover() }()`, ``},
	{"a *DeliveryError says why", "core/errors.go",
		`return fmt.Errorf("%w; %w", ended, &public)`, `return fmt.Errorf("%w; %v", ended, &public)`},
	{"a context without a tracker is said", "core/tracker.go",
		`if log := lastLog.Load(); log != nil {`, `if log := lastLog.Load(); false {`},

	// What is accepted.
	{"activity is shed first", "core/internal/store/bounds.go",
		`r.Sheddable`, `false`},
	{"a window is given back with an event that found no room", "core/intake.go",
		`in.window.Release(claim)`, `_ = claim`},
	{"an event that found no room may come again", "core/intake.go",
		`in.recent.Remove(id)`, `_ = id`},
	{"the throttle goes by the dates of the events", "core/intake.go",
		`Age: age, Date: ev.OccurredAt})`, `Age: 0 * age, Date: ev.OccurredAt})`},
	{"what is old counts once an hour", "core/internal/throttle/late.go",
		`if m.Age > Backlog && t.window < Backlog {`, `if false {`},
	{"at most one activity a user and window", "core/internal/throttle/throttle.go",
		`	s.last.put(slot, at)
	return Claim{slot: slot`, `	return Claim{slot: slot`},
	{"two bots do not share a window", "core/internal/throttle/throttle.go",
		`return s ^ Slot(uint64(bot)*golden)`, `return s`},
	{"Send after Shutdown is counted", "core/intake.go",
		`in.closed.Store(true)`, `in.closed.Store(false)`},
	{"Shutdown tells what is lost", "core/shutdown.go",
		`	p.drops.accepted(DropClosed, cause, lost...)
`, ``},
	{"replicas share a throttle", "core/claims.go",
		`		return won
`, `		return won || true
`},
	{"a throttle that fails lets activity through", "core/claims.go",
		`		c.pause(err)
	}
	return true`, `		c.pause(err)
	}
	return false`},

	// Keys.
	{"equal events of one handler are told apart", "core/key.go",
		`all.sent[content]++`, `all.sent[content] = 1`},
	{"an update that comes again has the same keys", "core/key.go",
		`case o == nil || o.updateID == 0 &&`, `case o == nil || !automatic || o.updateID == 0 &&`},
	{"events of two updates have two keys", "core/key.go",
		`return appendInts(o.appendBot(append(buf, domain...)), o.updateID)`, `return o.appendBot(append(buf, domain...))`},
	{"a redelivered update counts once", "core/intake.go",
		`if shared && !in.recent.Add(id) {`, `if in.recent.Add(id); false {`},
	{"an update by two doors counts once", "core/seen.go",
		`	e.counted |= counts
`, ``},
	{"what one door knows the other learns", "core/seen.go",
		`	if e.user == 0 {
		e.setUser(u)`, `	if false {
		e.setUser(u)`},
	{"an update without a bot is the only bot's", "core/bots.go",
		`	u.BotID = b.only()
`, ``},

	// What an update means.
	{"a failed subscription is nobody's activity", "core/rules.go",
		`return u.SubscriptionState == "failed"`, `return false`},
	{"a renewal is nobody's activity", "core/rules.go",
		`case u.Recurring && !u.FirstRecurring:`, `case false:`},
	{"an automatic reply is nobody's activity", "core/rules.go",
		`case u.FromOffline:`, `case false:`},
	{"a reaction of others is nobody's activity", "core/rules.go",
		`case k.edit && u.EditDate.IsZero():`, `case false:`},
	{"a phone that moves is nobody's activity", "core/rules.go",
		`case k.edit && u.HasLocation:`, `case false:`},
	{"a boost that ends is nobody's activity", "core/rules.go",
		`	case "removed_chat_boost":
		return true
`, ``},
	{"business traffic counts on request, by every door", "core/rules.go",
		` || u.BusinessConnectionID != ""`, ``},
	{"a bot's own words for a business are nobody's activity", "core/rules.go",
		`case u.SenderBusinessBotID != 0:`, `case false:`},
	{"an edit has the date of the edit", "core/rules.go",
		`		date = u.EditDate
`, `		_ = date
`},
	{"a request to join is of now", "core/kinds.go",
		`{name: "chat_join_request", standing: true}`, `{name: "chat_join_request"}`},
	{"a third person's id stays home", "core/command.go",
		`strings.CutPrefix(param, "bizChat")`, `strings.CutPrefix(param, "bizchat")`},
	{"a phone number is no command", "core/command.go",
		`digits == 5 {`, `digits == 50 {`},
	{"a command for another bot does not count", "core/command.go",
		`username != "" && !equalFoldASCII(target, username)`, `false`},
	{"a command for somebody waits for the bot's name", "core/names.go",
		`|| !u.NameAsked {`, `|| true {`},
	{"a known kind comes before others", "core/update_json.go",
		`if isObject(fields[k.name]) {`, `if false {`},
	{"what is no update is an error", "core/update_json.go",
		`if id == nil && kindByName[u.Kind] == nil {`, `if false {`},
	{"a library that gets one update again and again is said", "core/http/stuck.go",
		`b.times == stuckAfter`, `false`},
	{"Enrich knows language and premium with telebot", "telebot/update.go",
		`r.Language, r.Premium = user.ID, user.IsBot, user.LanguageCode, user.IsPremium`, `r.Language = user.ID, user.IsBot, user.LanguageCode`},
	{"Enrich knows language and premium with go-telegram", "gotelegram/update.go",
		`user.LanguageCode, user.IsPremium`, `"", user.IsPremium`},
	{"Enrich knows the language with tgbotapi", "tgbotapi/update.go",
		`user.IsBot, user.LanguageCode`, `user.IsBot, ""`},

	// Disk.
	{"a segment is synced", "core/disk/sync.go",
		`if err := s.file.Sync(); err != nil {`, `_ = s; if err := error(nil); err != nil {`},
	{"a segment of an earlier process is synced", "core/disk/recover.go",
		`errors.Join(all.unsafe, f.Sync())`, `errors.Join(all.unsafe, nil)`},
	{"the name of a segment of an earlier process is synced", "core/disk/recover.go",
		`o.log.begun, o.log.dirty = len(found.segments) > 0,`, `o.log.begun, o.log.dirty = false,`},
	{"the name of a segment is synced", "core/disk/sync.go",
		`nameErr = o.sys.SyncDir(o.dir)`, `nameErr = nil`},
	{"the name of the folder is synced", "core/disk/folder.go",
		`return sys.SyncDir(parent)`, `return nil`},
	{"a removal is synced before the next", "core/disk/compact.go",
		`return o.sys.SyncDir(o.dir)`, `return nil`},
	{"a power failure takes the last second", "core/disk/sync.go",
		`const syncAfter = time.Second`, `const syncAfter = time.Hour`},
	{"a Put with fsync waits", "core/disk/outbox.go",
		`if err == nil && o.options.Fsync {`, `if err == nil && o.options.Fsync && id.Lo == 0 {`},
	{"a gap between two runs is believed where it is plausible", "core/disk/clock.go",
		`last != 0 && (gap < 0 || gap > maxGap)`, `last != 0 && gap < 0`},
	{"the time of a folder never goes back", "core/disk/clock.go",
		`last != 0 && (gap < 0 || gap > maxGap)`, `last != 0 && gap > maxGap`},
	{"a folder that vanished is noticed", "core/disk/folder.go",
		`return held == nil || !o.sys.Names(filesystem.LockPath(o.dir), held)`, `return held == nil`},
	{"a file that vanished is noticed", "core/disk/folder.go",
		`if !o.sys.Names(segmentPath(o.dir, s.number), s.file) {`, `if false {`},
	{"damage costs what is damaged", "core/disk/segment.go",
		`			s.at++
			s.skipped++
`, `			s.skipped += int64(len(s.buf) - s.at)
			s.at = len(s.buf)
`},
	{"damage is found", "core/disk/record.go",
		`case crc32.Checksum(b[4:size], castagnoli) != binary.LittleEndian.Uint32(b):`, `case castagnoli == nil:`},
	{"a newer format is left alone", "core/disk/segment.go",
		`case version != segmentVersion:`, `case version > 1000:`},
	{"a folder has one owner", "core/internal/filesystem/lock_unix.go",
		`err = ErrInUse`, `return f, nil`},
	{"what a full disk did not take gets there later", "core/disk/memory.go",
		`if !ok || o.writeErr != nil {`, `if true || !ok || o.writeErr != nil {`},
	{"copies are on disk before an event moves", "core/disk/compact.go",
		`		err = o.commit()
`, `		err = nil
`},
	{"a file that cannot be read holds up nothing", "core/disk/take.go",
		`RetryIn: unreadDelay`, `RetryIn: 0`},
	{"room is given back", "core/disk/sync.go",
		`		err = o.compact()
`, `		_ = o.compact
`},
	{"a settled event does not come again", "core/disk/outbox.go",
		`		o.queue.Remove(e.Seq)
`, `		r.kind = kindFingerprint
		o.queue.Remove(e.Seq)
`},

	// Redis.
	{"times in Redis are those of Redis", "core/redis/event.go",
		`now.Sub(time.UnixMilli(at))`, `time.Since(time.UnixMilli(at))`},
	{"another layout has another name", "core/redis/keys.go",
		`tag := "{" + prefix + "}:" + layout + ":"`, `tag := "{" + prefix + "}:"`},
	{"an error of Redis has its remedy", "core/redis/errors.go",
		`if strings.Contains(text, p.sign) {`, `if false {`},
	{"an error of Redis quotes no event", "core/redis/errors.go",
		`return errors.New("this Redis refuses the script for a reason that bbredis does not know; run MONITOR there, or look at its log")`,
		`return errors.New(text)`},
	{"the lease of a dead process ends", "core/redis/roundtrip.lua",
		`[leased] = math.max(most_delay, lease)`, `[later] = most_delay`},
	{"who lost a lease has no say", "core/redis/roundtrip.lua",
		`tonumber(redis.call('ZSCORE', leased, id) or -1) == tonumber(token)`, `true`},
	{"no delay is longer than ten minutes", "core/redis/roundtrip.lua",
		`math.min(delay, most_delay)`, `delay`},
	{"what was fetched in vain is given back", "core/redis/leases.go",
		`l.outcomes = append(l.outcomes, outcome{r, store.Outcome{Attempts: r.Attempts}})`, `_ = r`},
	{"what was deleted in Redis holds up nothing", "core/redis/roundtrip.lua",
		`redis.call('EXISTS', ready) == 1 then
  due = 0`, `false then
  due = 0`},
	{"one activity a user and window over all replicas", "core/redis/claim.lua",
		`if redis.call('ZCOUNT', user, before, after) > 0 then`, `if false then`},
	{"Close hands over", "core/redis/outbox.go",
		`err := o.handOver(ctx)`, `err := ctx.Err()`},
}
