/** What other parts may import from client/enrolment/. */
export { fieldIssue } from './field-issue.ts';
export { writeIdentity } from './node.ts';
