import Curl
import Logging

// One feed a database: opened, handed on, judged at its end.

extension Hub {
    func act(_ actions: [DatabaseMachine.Action], on database: FollowedDatabase) {
        for action in actions {
            switch action {
            case .ask:
                if server.isUp {
                    desk.ask(database.name)
                } else {
                    act(database.machine.notAsked(), on: database)
                }
            case .confirmServer: confirmServer(for: database)
            case .flow: database.feed?.resume()
            case .open(let since):
                waitingToOpen.append((database, since))
                openNext()
            case .close: closeFeed(of: database)
            case .wait(let duration):
                CurlLoop.schedule(after: duration) { [weak self, weak database] in
                    guard let self, let database, isRunning, databases[database.name] === database else { return }
                    act(database.machine.waitIsOver(), on: database)
                }
            case .appeared(let instance, let updateSeq): found(database, instance, updateSeq)
            case .absent:
                brokenFeeds.forget(database.name)
                database.isAbsent()
            case .adopt(let instance): database.adopt(instance)
            case .present(let instance):
                log.debug("database \(database.name) begins")
                brokenFeeds.forget(database.name)
                cancelCatchUps(of: database)
                database.places.clear()
                database.tell(instance)
            case .gone:
                log.debug("database \(database.name) is gone")
                brokenFeeds.forget(database.name)
                cancelCatchUps(of: database)
                database.tell(nil)
            case .startOver:
                log.error(
                    """
                    the server refuses the position in the feed of \(database.name), which it gave itself; all of its \
                    changes are told again
                    """
                )
            case .refused(let refusal):
                brokenFeeds.isInTrouble(database.name, .refused(hint: refusal.hint), why: refusal.why)
                act(server.look())
            case .inTrouble(let why, let failures):
                brokenFeeds.isInTrouble(database.name, .failing(times: failures), why: why)
                act(server.look())
            case .recovered:
                brokenFeeds.flows(database.name)
                tellGoodNewsSoon()
            }
        }
        // One that is named stays known: whether it was there at the first look matters when it comes.
        guard database.machine.isForgettable, database.isSettled, !options.names.contains(database.name) else { return }
        // One that was forgotten before may have a successor under its name, of which followers were told.
        guard databases[database.name] === database else { return }
        forget(database)
    }

    /// It is followed no more. Where lives have no names, the next one of it is not to be taken for one that was.
    func forget(_ database: FollowedDatabase) {
        if !(server.info?.tellsInstances ?? false) {
            memory.set(generation: database.machine.nextGeneration, of: database.name)
        }
        databases[database.name] = nil
        tallies.forget(database.name)
    }

    private func tellGoodNewsSoon() {
        guard newsTimer == nil, brokenFeeds.hasGoodNews else { return }
        newsTimer = CurlLoop.schedule(after: .seconds(1)) { [weak self] in
            guard let self else { return }
            newsTimer = nil
            tell(brokenFeeds.goodNews())
        }
    }

    func tell(_ news: [BrokenFeeds.News]) {
        for one in news { log.log(level: one.level, "\(one.text)") }
    }

    private func openNext() {
        while openingCount < Self.mostOpening, !waitingToOpen.isEmpty {
            let (database, since) = waitingToOpen.removeFirst()
            openingCount += 1
            open(database, since: since)
        }
    }

    private func open(_ database: FollowedDatabase, since: Seq) {
        do {
            var request = try address.request(
                """
                \(ServerAddress.path(ofDatabase: database.name))/_changes?feed=continuous\
                &heartbeat=\(options.heartbeat.wholeMilliseconds)&since=\(since.query)\
                \(database.needsDocuments ? "&include_docs=true" : "")
                """
            )
            database.feedHasDocuments = database.needsDocuments
            request.bufferSize = bufferSize
            request.wantsNewConnection = true
            let feed = Feed(request, owner: self)
            feed.keepsRows = database.needsRows
            database.feed = feed
            feedOwners[ObjectIdentifier(feed)] = database
            database.tally.openings += 1
            feed.start()
        } catch {
            openingCount -= 1
            let refusal = Refusal(status: 401, why: "\(error)")
            act(database.machine.ended(.refused(refusal), using: &random), on: database)
        }
    }

    /// Large pieces are faster, but each feed holds one: a few feeds get large ones, a thousand small ones.
    private var bufferSize: Int {
        min(max((3 << 20) / max(databases.count, 1), 3 << 10), 128 << 10)
    }

    func closeFeed(of database: FollowedDatabase) {
        waitingToOpen.removeAll { $0.database === database }
        guard let feed = database.feed else { return }
        feed.cancel()
        forget(feed, of: database)
    }

    private func forget(_ feed: Feed, of database: FollowedDatabase) {
        feedOwners[ObjectIdentifier(feed)] = nil
        database.feed = nil
        if !feed.isOpen {
            openingCount -= 1
            openNext()
        }
    }
}

extension Hub: FeedOwner {
    func feedOpened(_ feed: Feed) {
        openingCount -= 1
        guard let database = feedOwners[ObjectIdentifier(feed)] else { return }
        act(database.machine.opened(), on: database)
        brokenFeeds.isOpen(database.name)
        tellGoodNewsSoon()
        openNext()
    }

    func feedMayFlow(_ feed: Feed) -> Bool {
        guard let database = feedOwners[ObjectIdentifier(feed)] else { return true }
        guard database.machine.mayFlow else { return false }
        switch database.mayFlow(at: feed.lastHeard) {
        case .flow, .detachFull: return true
        case .wait(let longest):
            database.machine.paused()
            if let longest {
                CurlLoop.schedule(after: longest) { [weak feed] in feed?.resume() }
            }
            return false
        }
    }

    func feed(_ feed: Feed, gave batch: ChangeBatch) {
        guard let database = feedOwners[ObjectIdentifier(feed)] else { return }
        database.tally.count(batch, at: feed.lastHeard)
        if !batch.isEmpty { database.give(batch, at: feed.lastHeard) }
        if feed.keepsRows { feed.keepsRows = database.needsRows }
        let actions = database.machine.flowed(hasRows: !batch.isEmpty, to: batch.seq)
        if !actions.isEmpty { act(actions, on: database) }
    }

    func feed(_ feed: Feed, ended end: DatabaseMachine.FeedEnd) {
        guard let database = feedOwners[ObjectIdentifier(feed)] else { return }
        forget(feed, of: database)
        log.debug("database \(database.name): the feed ended: \(end)")
        if end != .clean { database.tally.lastError = TimedText(end.why) }
        if database.machine.hasFlowed, server.isUp { brokenFeeds.broke(database.name, why: end.why) }
        act(database.machine.ended(end, using: &random), on: database)
        // A list is due after each reconnect; the server is asked first, once for all feeds that broke together.
        if end != .clean { act(server.look()) }
    }
}
