import type { AnswerRow, ParticipantRow, StudyAnswers } from "./answers.js";
import { type AssignedTrial, assignedTrials } from "./assignment.js";
import type { StudyDefinition } from "./definition.js";
import type { StoredAnswer, StoredParticipant, StudyStore } from "./store.js";
import { chosenSystem, isCorrect } from "./trials.js";

/** The answers in a store with the systems that were on their sides. */
export async function answersIn(store: StudyStore, definition: StudyDefinition): Promise<StudyAnswers> {
  const [participants, stored] = [await store.participants(), await store.answers()];
  const byNumber = new Map(participants.map((participant) => [participant.number, participant]));
  const answers: AnswerRow[] = [];
  let trials: readonly AssignedTrial[] = [];
  let current = -1;
  for (const answer of stored) {
    if (answer.participant !== current) trials = assignedTrials(definition, answer.participant);
    current = answer.participant;
    const participant = byNumber.get(current);
    // One who joined between the two readings is left out.
    if (participant) answers.push(rowOf(participant, answer, trials[answer.trial] as AssignedTrial));
  }
  return { participants: participants.map((participant) => participantRow(participant, definition)), answers };
}

const participantRow = (
  { id, joinedAt, finishedAt }: StoredParticipant,
  definition: StudyDefinition,
): ParticipantRow => ({
  participant: id,
  joined_at: joinedAt,
  finished_at: finishedAt,
  trials: definition.trials + definition.checks,
});

function rowOf({ id }: StoredParticipant, answer: StoredAnswer, assigned: AssignedTrial): AnswerRow {
  const { trial, choice, name, milliseconds, exposure, input, width, height, answeredAt } = answer;
  const { item, left, right, check } = assigned;
  const chosen = chosenSystem(assigned, choice);
  return {
    ...{ participant: id, trial, kind: item.kind, item: item.id, left, right, choice, chosen, name },
    ...{ correct: isCorrect(assigned, chosen, name), check, milliseconds, exposure, input, width, height },
    answered_at: answeredAt,
  };
}
