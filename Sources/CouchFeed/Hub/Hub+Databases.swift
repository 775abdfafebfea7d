import Curl
import Logging

// Which databases exist: lists, the bell, and questions one by one.

extension Hub {
    // MARK: Lists

    /// Asks for the list of databases, unless an answer is under way, after which it is then asked again.
    func list() {
        guard !isListing else {
            mustListAgain = true
            return
        }
        guard server.isUp else { return }
        isListing = true
        for record in records where record.firstLook == .isDue { record.firstLook = .isUnderWay }
        client.allDatabases { [weak self] answer in
            guard let self, isRunning else { return }
            isListing = false
            listed(answer)
            if mustListAgain {
                mustListAgain = false
                list()
            }
        }
    }

    private func listed(_ answer: Answer<[String]>) {
        switch answer {
        case .ok(let names):
            givesList = true
            compare(with: names)
        case .refused(let refusal): noList(refusal.why)
        case .missing, .unsupported: noList("it has no _all_dbs")
        case .unavailable(let why, let retryAfter):
            let isNews = listBackoff.failures == 0
            let next = listBackoff.next(retryAfter: retryAfter, using: &random)
            if isNews {
                log.warning("the server does not list its databases: \(why); trying on, the next time in \(next.text)")
            }
            listAgain(after: next)
            act(server.look())
        }
    }

    private func listAgain(after wait: Duration) {
        listTimer?.cancel()
        listTimer = CurlLoop.schedule(after: wait) { [weak self] in
            guard let self, isRunning else { return }
            listTimer = nil
            list()
        }
    }

    private func compare(with names: [String]) {
        if listBackoff.failures > 0 { log.info("the server lists its databases again") }
        listBackoff.reset()
        for database in databases.values { database.isListed = false }
        var found = 0
        for name in names where options.selects(name) {
            guard let database = known(name) else { continue }
            database.isListed = true
            found += 1
            if !database.machine.isPresent { act(database.machine.look(), on: database) }
        }
        for database in databases.values where !database.isListed && database.machine.isTold {
            act(database.machine.look(), on: database)
        }
        lookForRemembered()
        if !hasListed { log.info("\(names.count) databases on the server, \(found) of them followed") }
        noteScopes()
    }

    /// No list for this user: what is named is looked for, what is not named cannot be found.
    private func noList(_ why: String) {
        if givesList != false {
            givesList = false
            if options.hasGlobs {
                log.error(
                    """
                    the server gives this user no list of its databases: \(why); name each database in `databases` of \
                    [source], or use the credentials of a server admin
                    """
                )
            } else {
                log.info("the server gives this user no list of its databases; those that are named are looked for")
            }
        }
        lookForNames()
        // Rights are given and taken.
        listAgain(after: Backoff.slow(using: &random))
    }

    /// Looks for each database that is named, where there is no list to find it in.
    func lookForNames() {
        for name in options.names where options.selects(name) {
            guard let database = known(name), !database.machine.isPresent else { continue }
            act(database.machine.look(), on: database)
        }
        for database in databases.values where database.machine.isTold && !database.machine.isPresent {
            act(database.machine.look(), on: database)
        }
        lookForRemembered()
        if !options.hasGlobs {
            for record in records where record.firstLook == .isDue { record.firstLook = .isUnderWay }
            noteScopes()
        }
    }

    /// The database of this name, made known if anyone wants it. `isNew`: it is being created now.
    func known(_ name: String, isNew: Bool = false) -> FollowedDatabase? {
        if let database = databases[name] { return database }
        let wanting = records.filter { $0.follower.wants(database: name) }
        let remembered = memory.take(name, for: wanting.map(\.name))
        let seats = wanting.map { seat(of: $0, in: name, remembered: remembered[$0.name], isNew: isNew) }
        guard !seats.isEmpty else { return nil }
        let database = FollowedDatabase(
            name: name,
            number: tallies.takeNumber(),
            generation: memory.generation(of: name),
            tally: tallies[name],
            seats: seats
        ) { [weak self] database, seat in self?.queue(database, seat) }
        databases[name] = database
        return database
    }

    func seat(
        of record: FollowerRecord,
        in database: String,
        remembered: Arrival.Beginning?,
        isNew: Bool = false
    ) -> Seat {
        let beginning = remembered ?? firstBeginning(of: record, in: database, isNew: isNew)
        if beginning == .now { record.follower.ledger.begins(atNowIn: database) }
        let seat = Seat(record, beginning: beginning)
        seat.passed = memory.takeRows(passedBy: record.name, in: database)
        return seat
    }

    /// Where a follower begins in a database of which it was never told. One that has looked before, with the same
    /// choice of databases, would have been told of it: so it was created since.
    private func firstBeginning(of record: FollowerRecord, in name: String, isNew: Bool) -> Arrival.Beginning {
        let follower = record.follower
        if isNew || record.firstLook == .isOver || !follower.startsNow { return .zero }
        let hasLooked = memory.scope(of: follower.name).map { follower.wants(database: name, inScope: $0) } ?? false
        return hasLooked ? .zero : .now
    }

    /// A first look is over: from now on a database that the follower was not told of is a new one.
    private func noteScopes() {
        hasListed = true
        for record in records where record.firstLook == .isUnderWay {
            record.firstLook = .isOver
            memory.set(scope: record.follower.scope, of: record.name)
            record.follower.ledger.begins(withScope: record.follower.scope)
        }
    }

    /// Those that somebody was told of, and that nobody has heard of since Herald was last stopped: they may be gone.
    private func lookForRemembered() {
        for name in memory.databases where options.selects(name) {
            guard let database = known(name) else { continue }
            act(database.machine.look(), on: database)
        }
    }

    func scheduleRescan() {
        rescanTimer?.cancel()
        let interval = bell.isHeard ? options.rescanUnderBell : options.rescan
        rescanTimer = CurlLoop.schedule(after: interval) { [weak self] in
            guard let self, isRunning, server.isUp else { return }
            if givesList == false {
                lookForNames()
            } else if listTimer == nil {
                list()
            }
            scheduleRescan()
        }
    }

    // MARK: One by one

    func answered(_ name: String, _ answer: Answer<DatabaseInfo>) {
        guard isRunning, let database = databases[name] else { return }
        switch answer {
        case .ok(let info):
            database.copies = info.copies
            act(database.machine.found(info, tellsInstances: server.info?.tellsInstances ?? false), on: database)
            admitNewcomers(of: database, at: info.updateSeq)
        case .missing: act(database.machine.missing(), on: database)
        case .refused(let refusal):
            database.tally.lastError = TimedText(refusal.why)
            act(database.machine.refused(refusal, using: &random), on: database)
            // Wrong credentials are everyone's trouble, and asked about once.
            if refusal.status == 401 { act(server.look()) }
        case .unsupported(let why):
            act(database.machine.unavailable(why, retryAfter: nil, using: &random), on: database)
        case .unavailable(let why, let retryAfter):
            database.tally.lastError = TimedText(why)
            act(database.machine.unavailable(why, retryAfter: retryAfter, using: &random), on: database)
            act(server.look())
        }
    }

    /// Sees whether the server that says so is the one that is followed: one look for all that wait for it.
    func confirmServer(for database: FollowedDatabase) {
        suspects.append(database)
        guard !isConfirmingServer else { return }
        isConfirmingServer = true
        let suspects = suspects
        self.suspects = []
        client.welcome { [weak self] answer in
            guard let self, isRunning else { return }
            isConfirmingServer = false
            let isSame = if case .ok(let info) = answer { server.isSame(info) } else { false }
            for database in suspects where databases[database.name] === database {
                act(database.machine.confirmed(isSameServer: isSame, using: &random), on: database)
            }
            if !isSame { act(server.look()) }
            if let next = self.suspects.popLast() { confirmServer(for: next) }
        }
    }
}

// MARK: The bell

extension Hub: BellOwner {
    func startBell() {
        guard !bell.isConnected else { return }
        bell.start(address, heartbeat: options.heartbeat)
    }

    func bellIsHeard() {
        if bellIsMissing {
            log.info("_db_updates rings again")
        } else if let whyBellBroke {
            log.info("_db_updates rings again; it broke: \(whyBellBroke)")
        }
        whyBellBroke = nil
        bellIsMissing = false
        // What happened between the last list and the first ring.
        list()
        scheduleRescan()
    }

    func bellIsWell() {
        bellBackoff.reset()
    }

    func bellRang(for name: String, type: String) {
        guard options.selects(name), let database = known(name, isNew: type == "created") else { return }
        guard database.machine.isPresent else {
            // Somebody may have been told of a life of it, before Herald was last stopped.
            if type != "deleted" || database.machine.isTold { act(database.machine.look(), on: database) }
            return
        }
        if type != "updated" { act(database.machine.look(), on: database) }
    }

    func bellBroke(why: String) {
        if server.isUp { whyBellBroke = whyBellBroke ?? why }
    }

    func bellFellSilent(why: String, isForGood: Bool, retryAfter: Duration?) {
        if isForGood, !bellIsMissing {
            bellIsMissing = true
            log.notice(
                """
                no _db_updates (\(why)): the list of databases is asked for every \(options.rescan.text) instead; new \
                databases are found that much later
                """
            )
        }
        scheduleRescan()
        let wait =
            isForGood ? Backoff.slow(using: &random) * 5 : bellBackoff.next(retryAfter: retryAfter, using: &random)
        // Where no feed is open, nothing else would tell that the server is away.
        if !isForGood { act(server.look()) }
        bellTimer?.cancel()
        bellTimer = CurlLoop.schedule(after: wait) { [weak self] in
            guard let self, isRunning, server.isUp else { return }
            startBell()
        }
    }
}
