import type { AnswerRow, ParticipantRow, StudyAnswers } from "../src/study/answers.js";

type Fields = Partial<AnswerRow> & Pick<AnswerRow, "participant" | "item">;

/** An answer of a study of quality about plain (left) and ra (right), except as given. */
export function answerRow(fields: Fields): AnswerRow {
  const row = {
    ...{ trial: 0, kind: "quality" as const, left: "plain", right: "ra", choice: "right" as const, name: null },
    ...{
      correct: null,
      check: false,
      milliseconds: 2000,
      exposure: null,
      input: "pointer" as const,
      width: 1280,
      height: 800,
    },
    ...{ answered_at: "2026-01-02T03:04:05.000Z", ...fields },
  };
  const chosen = row.choice === "left" ? row.left : row.choice === "right" ? row.right : null;
  return { ...row, chosen };
}

/** The answers with a row for each participant, who has as many trials as answers, or as given. */
export function studyAnswers(answers: readonly AnswerRow[], trials?: number): StudyAnswers {
  const names = [...new Set(answers.map(({ participant }) => participant))];
  const participants = names.map((participant): ParticipantRow => {
    const own = answers.filter((answer) => answer.participant === participant).length;
    return {
      participant,
      joined_at: "2026-01-02T03:00:00.000Z",
      finished_at: trials === undefined || own >= trials ? "2026-01-02T03:30:00.000Z" : null,
      trials: trials ?? own,
    };
  });
  return { participants, answers };
}
