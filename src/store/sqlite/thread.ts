import type { DatabaseSync } from 'node:sqlite';
import { type MessagePort, parentPort } from 'node:worker_threads';
import type { SubscriptionId } from '../../model/ids.ts';
import type { StoreState } from '../store.ts';
import { Batches } from './batches.ts';
import { DeletedDeliveries } from './deleted-deliveries.ts';
import { storeError, storeErrorOf } from './failure.ts';
import { History } from './history.ts';
import { KeptEvents } from './kept-events.ts';
import { LogLost, LogSync } from './log-sync.ts';
import { inspectDatabase, openDatabase } from './open.ts';
import { Progress } from './progress.ts';
import { Reader } from './reader.ts';
import { RecoverySteps } from './recovery.ts';
import { RequestShapes } from './request-shapes.ts';
import { RetentionSteps } from './retention.ts';
import { settleCopy } from './settle-copy.ts';
import { SubscriptionTable } from './subscription-table.ts';
import { TriedPlaces } from './tried-places.ts';
import { UntriedDeliveries } from './untried.ts';
import { type Answer, type Call, type Reply, type Request, replyOf, requestIn } from './wire.ts';
import { Writer } from './writer.ts';
import { Zones } from './zones.ts';

/** Entry of the store's thread: node:sqlite waits for the disk, and here nobody else waits with it. */

/** Nothing was asked for so long, in milliseconds: what can wait is done now. */
const IDLE_MS = 20;

/** After which the log is synced before they are answered; a write sees to that itself. */
const CHANGES: Readonly<Record<Request['op'], boolean>> = {
  open: false,
  settle_copy: false,
  inspect: false,
  write: false,
  pass_over: true,
  due: false,
  oldest_pending: false,
  count_dead: false,
  keep_shapes: true,
  shape_at: false,
  batch_members: false,
  batch_may_lack: false,
  subscriptions: false,
  save: true,
  remove: true,
  deliveries: false,
  delivery: false,
  events: false,
  event: false,
  replayable: false,
  retry: true,
  retry_dead: true,
  delete_dead: true,
  redeliver: true,
  skip: true,
  prune: true,
  size: false,
  memos: false,
  retrying: false,
  close: false,
};

interface Open {
  readonly path: string;
  readonly db: DatabaseSync;
  readonly log: LogSync;
  readonly reader: Reader;
  readonly writer: Writer;
  readonly subscriptions: SubscriptionTable;
  readonly places: TriedPlaces;
  readonly untried: UntriedDeliveries;
  readonly progress: Progress;
  readonly shapes: RequestShapes;
  readonly batches: Batches;
  readonly history: History;
  readonly events: KeptEvents;
  readonly recovery: RecoverySteps;
  readonly retention: RetentionSteps;
}

class StoreThread {
  readonly #tell: (message: Reply) => void;
  #open: Open | undefined;
  #purging = false;
  readonly #idle = setTimeout(() => this.#lookWhenIdle(), IDLE_MS).unref();

  constructor(port: MessagePort) {
    this.#tell = (message) => port.postMessage(message);
    // A call without an answer would leave all later answers to the wrong calls.
    port.on('messageerror', (error) => {
      throw error;
    });
    port.on('message', (call: Call) => {
      this.#tell(this.#reply(requestIn(call)));
      this.#lookLater();
    });
  }

  #reply(request: Request): Reply {
    const path = 'path' in request ? request.path : (this.#open?.path ?? '');
    try {
      return replyOf(this.#lasting(request));
    } catch (error) {
      if (error instanceof LogLost) throw error;
      const { code, message } = storeErrorOf(error, path);
      return { error: { code, message } };
    }
  }

  /** Its answer, when it will outlive a power cut. */
  #lasting(request: Request): Answer {
    const answer = this.#answer(request);
    if (CHANGES[request.op]) this.#open?.log.sync();
    return answer;
  }

  #answer(request: Request): Answer {
    if (request.op === 'open') {
      return { op: 'open', state: this.#start(request.path) };
    }
    if (request.op === 'settle_copy') {
      return { op: 'settle_copy', problem: settleCopy(request.path) };
    }
    if (request.op === 'inspect') {
      inspectDatabase(request.path);
      return { op: 'inspect' };
    }
    const open = this.#opened();
    const { db, log, reader, writer, subscriptions, history, events, recovery, retention } = open;
    switch (request.op) {
      case 'write': {
        const begun = performance.now();
        const refused = writer.write(request.batch);
        log.sync();
        return { op: 'write', refused, ms: performance.now() - begun };
      }
      case 'pass_over':
        open.progress.passOver(request.position);
        return { op: 'pass_over' };
      case 'due':
        return { op: 'due', page: reader.due(request.query) };
      case 'retrying':
        return { op: 'retrying', retrying: reader.retrying(request.subscriptionId) };
      case 'oldest_pending':
        open.places.lookAtAll();
        return { op: 'oldest_pending', oldest: reader.oldestPending() };
      case 'count_dead':
        return { op: 'count_dead', count: reader.countDead(request.most) };
      case 'keep_shapes':
        open.shapes.keep(request.shapes);
        return { op: 'keep_shapes' };
      case 'shape_at':
        return { op: 'shape_at', shape: open.shapes.at(request.subscriptionId, request.time) };
      case 'batch_members':
        return { op: 'batch_members', members: open.batches.members(request.query) };
      case 'batch_may_lack':
        return { op: 'batch_may_lack', mayLack: open.batches.mayLack(request.range) };
      case 'deliveries':
        return { op: 'deliveries', page: history.deliveries(request.query) };
      case 'delivery':
        return { op: 'delivery', delivery: history.delivery(request.deliveryId) };
      case 'event':
        return { op: 'event', event: history.event(request.eventId) };
      case 'events':
        return { op: 'events', page: events.list(request.query) };
      case 'replayable':
        return { op: 'replayable', page: events.replayable(request.query) };
      case 'retry':
        return { op: 'retry', result: recovery.retry(request.deliveryId, request.dueAt) };
      case 'retry_dead':
        return { op: 'retry_dead', result: recovery.retryDead(request.step, request.dueAt) };
      case 'delete_dead':
        return { op: 'delete_dead', result: recovery.deleteDead(request.step) };
      case 'redeliver': {
        const { subscriptionId, redeliveries, ...times } = request;
        return { op: 'redeliver', made: recovery.redeliver(subscriptionId, redeliveries, times) };
      }
      case 'skip':
        return { op: 'skip', result: recovery.skip(request.step) };
      case 'prune':
        return { op: 'prune', result: retention.prune(request.step) };
      case 'size':
        return { op: 'size', size: retention.size() };
      case 'memos':
        return { op: 'memos', memos: reader.memos() };
      case 'subscriptions':
        return { op: 'subscriptions', records: subscriptions.all((key) => open.untried.count(key)) };
      case 'save':
        subscriptions.save(request.subscription);
        return { op: 'save' };
      case 'remove':
        return { op: 'remove', waited: this.#remove(open, request.subscriptionId) };
      case 'close':
        this.#open = undefined;
        log.close();
        db.close();
        return { op: 'close' };
      default:
        return request satisfies never;
    }
  }

  #remove({ subscriptions, untried, places }: Open, id: SubscriptionId): number {
    const key = subscriptions.keyOf(id);
    if (key === undefined) return 0;
    const waited = subscriptions.waitingFor(key) + untried.count(key);
    subscriptions.remove(id);
    places.forget(key);
    this.#purgeLater();
    return waited;
  }

  /** Once nothing else is to do for a while, or it can wait no longer. */
  #lookLater(): void {
    this.#idle.refresh();
    if (this.#open?.places.isOverdue === true) this.#look((places) => places.lookAtOld());
  }

  #lookWhenIdle(): void {
    if (this.#look((places) => places.look())) this.#idle.refresh();
  }

  #look(look: (places: TriedPlaces) => boolean): boolean {
    try {
      return this.#open !== undefined && look(this.#open.places);
    } catch {
      // Places only save looking: whoever needs what can't be read will say so.
      return false;
    }
  }

  #start(path: string): StoreState {
    const db = openDatabase(path);
    try {
      const subscriptions = new SubscriptionTable(db);
      const places = new TriedPlaces(db, subscriptions);
      const zones = new Zones(db);
      const untried = new UntriedDeliveries(db, subscriptions, places, zones);
      const deleted = new DeletedDeliveries(db);
      const reader = new Reader(db, subscriptions, untried);
      const progress = new Progress(db);
      const shapes = new RequestShapes(db, subscriptions, progress);
      const state = progress.state();
      this.#open = {
        path,
        db,
        log: new LogSync(path),
        reader,
        writer: new Writer(db, path, subscriptions, places, deleted, zones),
        subscriptions,
        places,
        untried,
        progress,
        shapes,
        batches: new Batches(db, untried),
        history: new History(db, untried, zones),
        events: new KeptEvents(db, subscriptions, untried, zones),
        recovery: new RecoverySteps(db, subscriptions, untried, places, deleted, zones, progress),
        retention: new RetentionSteps(db, path, untried, deleted, zones, shapes, progress),
      };
      this.#purgeLater();
      return state;
    } catch (error) {
      db.close();
      throw error;
    }
  }

  #opened(): Open {
    if (this.#open === undefined) {
      throw storeError('store_closed', '', '');
    }
    return this.#open;
  }

  /** A step at a time, so that whatever else is asked comes in between. */
  #purgeLater(): void {
    if (this.#purging) {
      return;
    }
    this.#purging = true;
    setImmediate(() => {
      this.#purging = false;
      try {
        if (this.#open?.subscriptions.purge()) {
          this.#purgeLater();
        }
      } catch {
        // A full disk, say: the next removal or start tries again.
      }
    });
  }
}

if (parentPort !== null) {
  new StoreThread(parentPort);
}
