import type { Clock } from '../../../util/clock.ts';
import { reasonOf } from '../../../util/error.ts';
import { serializeAction } from '../action.ts';
import { type Answer, Answers } from '../answers.ts';
import {
  type AmiAction,
  type AmiConnection,
  type AmiFailure,
  type AmiPacket,
  type AmiResult,
  DEFAULT_DEADLINES,
} from '../connection.ts';
import type { AsteriskManager } from './manager.ts';

/** Named, so that it can be taken off; the answer itself comes with everything else that the manager reads. */
function answered(): void {}

/** One logged-in connection of a host's asterisk-manager, as far as actions and their answers go. */
export class HostConnection implements AmiConnection {
  readonly #manager: AsteriskManager;
  readonly #answers: Answers;
  #failure: AmiFailure | undefined;
  /** Packets that were no genuine event. */
  rejected = 0;

  constructor(manager: AsteriskManager, clock: Clock) {
    this.#manager = manager;
    this.#answers = new Answers(clock);
  }

  async action(action: AmiAction): Promise<AmiResult<AmiPacket>> {
    const answer = await this.#send(action, false);
    return answer.ok ? { ok: true, value: answer.value[0] ?? {} } : answer;
  }

  list(action: AmiAction): Promise<AmiResult<readonly AmiPacket[]>> {
    return this.#send(action, true);
  }

  /** Whether the packet answers one of these actions; then it is taken. */
  take(packet: AmiPacket): boolean {
    const actionId = packet['actionid'];
    if (actionId === undefined || !this.#answers.isOwn(actionId)) return false;
    this.#answers.take(actionId, packet);
    return true;
  }

  /** Ends what waits for an answer; the host's connection stays as it is. */
  async close(): Promise<void> {
    this.lose({ code: 'closed', message: 'closed' });
  }

  lose(failure: AmiFailure): void {
    this.#failure ??= failure;
    this.#answers.fail(failure);
  }

  async #send(action: AmiAction, isList: boolean): Promise<Answer> {
    if (this.#failure !== undefined) return { ok: false, failure: this.#failure };
    const { actionId, answer } = this.#answers.expect(isList, DEFAULT_DEADLINES.action);
    const text = serializeAction(action, actionId);
    try {
      if (text.ok) this.#manager.action({ ...action, actionid: actionId }, answered);
      else this.#answers.fail(text.failure, actionId);
    } catch (error) {
      this.#answers.fail({ code: 'closed', message: reasonOf(error) }, actionId);
    }
    return answer.finally(() => this.#manager.removeListener(actionId, answered));
  }
}
