import { parentPort } from 'node:worker_threads';
import { QuestionReader } from '../question.ts';
import { answerQuestion } from './answer-question.ts';

/** The second thread: reads questions, answers each by its number with yes or no. Begins with a word that it is there. */
const port = parentPort;
if (port === null) throw new Error('this is a part of a thread');
const reader = new QuestionReader();

async function answer(bytes: Uint8Array): Promise<boolean> {
  try {
    return await answerQuestion(reader.read(bytes));
  } catch {
    return false;
  }
}

port.on('message', ({ number, bytes }: { readonly number: number; readonly bytes: Uint8Array }) => {
  void answer(bytes).then((yes) => port.postMessage({ number, yes }));
});
port.postMessage('ready');
