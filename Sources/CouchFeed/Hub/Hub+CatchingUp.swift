import Curl
import Logging

// Followers that were detached come back.

extension Hub {
    /// A follower catches up with so many databases at a time: more would only make the server slower for others.
    private static let mostAtOnce = 4
    /// A reader whose followers take nothing for so long is given up; it begins anew when they do.
    private static let pauseLimit = Duration.seconds(60)

    /// The follower is to catch up with the database when it is its turn and there is room.
    func queue(_ database: FollowedDatabase, _ seat: Seat) {
        let record = seat.record
        record.queue.append(database, seat)
        if !record.follower.hasRoom {
            record.lastDetached = .now
            if !record.isBehind {
                record.isBehind = true
                log.info("\(record.name) does not keep up; it gets the rest when it has read what waits for it")
            }
        }
        guard !isCatchUpDue else { return }
        isCatchUpDue = true
        CurlLoop.atEndOfTurn { [weak self] in
            guard let self, isRunning else { return }
            isCatchUpDue = false
            catchUpWhereThereIsRoom()
        }
    }

    func queueDetached(of database: FollowedDatabase) {
        for seat in database.seats where seat.isDetached { queue(database, seat) }
    }

    func catchUpWhereThereIsRoom() {
        guard server.isUp else { return }
        for record in records {
            var underWay = catchUps.count { $0.serves(record) }
            while underWay < Self.mostAtOnce, record.follower.hasRoom, let (database, seat) = record.queue.next() {
                if beginCatchUp(database, seat) { underWay += 1 }
            }
        }
    }

    /// Whether a reader was needed, and begun.
    private func beginCatchUp(_ database: FollowedDatabase, _ first: Seat) -> Bool {
        guard let present = database.machine.instance else {
            first.tell(nil, of: database)
            first.state = .attached
            // Nobody may be left who wants to know of it.
            act([], on: database)
            return false
        }
        // It is queued again when it is known where its feed begins, or when the rest is over.
        guard let position = database.machine.position, !database.isCatchUpResting else { return false }
        first.tell(present, of: database)
        let seq = first.cursor.seq
        guard seq != position else {
            first.state = .attached
            return false
        }
        let members = database.seats.filter { seat in
            seat === first
                || seat.isDetached && seat.cursor.seq == seq && seat.follower.hasRoom
                    && seat.cursor.instance?.isSameLife(as: present) ?? false
        }
        let catchUp = CatchUp(database, members: members, owner: self)
        log.debug("database \(database.name): \(catchUp.names) catching up")
        database.catchUps.append(catchUp)
        catchUps.append(catchUp)
        catchUp.start()
        return true
    }

    func cancelCatchUps(of database: FollowedDatabase) {
        for catchUp in database.catchUps { catchUp.cancel() }
    }

    func sweepCatchUps() {
        for catchUp in catchUps {
            catchUp.isSilent(for: options.silenceLimit)
            if let since = catchUp.pausedSince, ContinuousClock.now - since > Self.pauseLimit { catchUp.cancel() }
        }
    }
}

extension Hub: CatchUp.Owner {
    func request(for catchUp: CatchUp, since: Seq, limit: Int?) throws -> Request {
        let needs = catchUp.needs
        var path = "\(ServerAddress.path(ofDatabase: catchUp.database.name))/_changes?since=\(since.query)"
        if let limit { path += "&limit=\(limit)" }
        if needs.contains(where: \.documents) { path += "&include_docs=true" }
        // A server asked for few seqs is far faster (COUCHDB.md). Only the last reading must have them all.
        if !catchUp.isJoining, !needs.contains(where: \.everySeq),
            let stride = needs.map(\.longestStride).min(), stride > 1
        {
            path += "&seq_interval=\(stride)"
        }
        var request = try address.request(path)
        request.bufferSize = 64 << 10
        return request
    }

    func verify(_ catchUp: CatchUp, _ completion: @escaping @CurlLoop (Bool) -> Void) {
        client.info(of: catchUp.database.name) { [weak self] answer in
            guard let self, isRunning else { return }
            switch answer {
            case .ok(let info):
                let known = catchUp.database.machine.instance?.startTime
                let isTold = server.info?.tellsInstances ?? false
                completion(!isTold || known == nil || info.instanceStartTime == known)
            case .missing: completion(false)
            // As with the shared feed: what flows is not held up by a question that cannot be answered.
            case .refused, .unsupported, .unavailable: completion(true)
            }
        }
    }

    func lag(of database: FollowedDatabase, _ completion: @escaping @CurlLoop (Int?) -> Void) {
        guard let position = database.machine.position else { return completion(nil) }
        client.pending(in: database.name, behind: position) { [weak self] answer in
            guard let self, isRunning else { return }
            let count: Int? = if case .ok(let count) = answer { count } else { nil }
            completion(count)
        }
    }

    func flush(_ database: FollowedDatabase) {
        database.feed?.flush()
    }

    func ended(_ catchUp: CatchUp, failure: DatabaseMachine.FeedEnd?) {
        let database = catchUp.database
        database.catchUps.removeAll { $0 === catchUp }
        catchUps.removeAll { $0 === catchUp }
        // All whom it served may have left.
        guard isRunning, !catchUp.members.isEmpty else { return }
        guard let failure else {
            resumeIfRoom(database)
            if !catchUp.isStillBehind {
                log.debug("database \(database.name): \(catchUp.names) caught up")
                database.catchUpBackoff.reset()
                database.refusedPlaces = 0
            }
            return queue(catchUp)
        }
        if case .unsupported = failure { refuse(catchUp) }
        if !database.isCatchUpResting { rest(database, after: failure, of: catchUp) }
        act(database.machine.look(), on: database)
        act(server.look())
    }

    /// Whoever is to catch up with this database waits for a while, all together.
    private func rest(_ database: FollowedDatabase, after failure: DatabaseMachine.FeedEnd, of catchUp: CatchUp) {
        let wait = database.catchUpBackoff.next(retryAfter: failure.retryAfter, using: &random)
        log.debug(
            "database \(database.name): \(catchUp.names) cannot catch up: \(failure); trying again in \(wait.text)"
        )
        database.isCatchUpResting = true
        CurlLoop.schedule(after: wait) { [weak self] in
            database.isCatchUpResting = false
            guard let self, isRunning else { return }
            queueDetached(of: database)
        }
    }

    /// One of whom nothing is left to be done is live again.
    private func noteLive() {
        for record in records where record.isBehind && record.awayCount == 0 {
            record.isBehind = false
            log.info("\(record.name) has caught up")
        }
    }

    private func queue(_ catchUp: CatchUp) {
        for member in catchUp.members where member.isDetached {
            queue(catchUp.database, member)
        }
        catchUpWhereThereIsRoom()
        noteLive()
    }

    /// 400: it is the place that the server does not like. Better told twice than never.
    private func refuse(_ catchUp: CatchUp) {
        let database = catchUp.database
        database.refusedPlaces += 1
        guard database.refusedPlaces >= 3 else { return }
        database.refusedPlaces = 0
        log.error(
            """
            the server refuses the position of \(catchUp.names) in \(database.name), which it gave itself; all of its \
            changes are told again
            """
        )
        for member in catchUp.members { member.cursor.seq = .zero }
    }
}
