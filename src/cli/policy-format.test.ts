import { describe, expect, it } from 'vitest';
import { formatPolicy } from './policy-format.ts';

const rough = `


# what the web tier may do
path "secret/data/web/*" {
capabilities = ["read",
"list"]
      denied_parameters = {
   "a" = []   # none
      longer = ["x = {"]
}


    min_wrapping_ttl="1s"

}
path "x" { capabilities = ["deny"] } // one line
/* kept
     as it is { */
path "y" {
  policy = "write"
  note = <<EOT
   { untouched
EOT
}
`;

const fine = `# what the web tier may do
path "secret/data/web/*" {
  capabilities = ["read",
    "list"]
  denied_parameters = {
    "a"    = []   # none
    longer = ["x = {"]
  }

  min_wrapping_ttl = "1s"
}
path "x" { capabilities = ["deny"] } // one line
/* kept
     as it is { */
path "y" {
  policy = "write"
  note   = <<EOT
   { untouched
EOT
}
`;

describe('policy form', () => {
  it('indents, aligns, thins out blank lines and keeps comments and heredocs', () => {
    expect(formatPolicy(rough)).toBe(fine);
  });

  it('changes nothing that is in form', () => {
    expect(formatPolicy(fine)).toBe(fine);
    expect(formatPolicy(fine.replaceAll('\n', '\r\n'))).toBe(fine);
  });

  it('indents JSON policies', () => {
    expect(formatPolicy('{"path":{"a":{"policy":"read"}}}')).toBe(
      '{\n  "path": {\n    "a": {\n      "policy": "read"\n    }\n  }\n}\n',
    );
  });

  it.each(['path "a" {', 'path "a" }', 'path "a', 'a = <<EOT\nx', '/* open', '{"a":'])('refuses %j', (text) => {
    expect(() => formatPolicy(text)).toThrow();
  });

  it('loses nothing but blanks', () => {
    const bare = (text: string): string => text.replace(/\s+/g, '');
    expect(bare(formatPolicy(rough))).toBe(bare(rough));
  });
});
