import { certificateRules, inspectCertificate } from '../../lint/lint-certificate.ts';
import { findViolations } from '../../lint/linted-tbs.ts';
import type { Question } from '../question.ts';

/** True only where every rule holds, or the signature verifies. Whatever is not so is looked into by who asked. */
export async function answerQuestion(question: Question): Promise<boolean> {
  if (question.about === 'signature') {
    return question.publicKey.verify(question.scheme, question.data, question.signature);
  }
  const { tbs, template, issuer } = question;
  return findViolations(certificateRules, await inspectCertificate(tbs, template, issuer)).length === 0;
}
