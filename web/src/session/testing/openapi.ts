import { readFileSync } from 'node:fs';

/** As much of JSON Schema as openapi.json uses. */
export interface Schema {
  $ref?: string;
  type?: string | string[];
  enum?: string[];
  oneOf?: Schema[];
  items?: Schema;
  properties?: Record<string, Schema>;
  required?: string[];
}

interface Body {
  content?: { 'application/json'?: { schema: Schema } };
}

interface Parameter {
  name: string;
  in: string;
  required?: boolean;
  schema: Schema;
}

export interface Operation {
  parameters?: Parameter[];
  requestBody?: Body;
  responses: Record<string, Body>;
}

export interface Document {
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, Schema> };
}

/** The document that the server serves, and that its own tests hold to be true. */
export class OpenApi {
  readonly #document: Document;

  constructor(document: Document) {
    this.#document = document;
  }

  /** A copy of the document, changed. */
  changed(change: (document: Document) => void): OpenApi {
    const copy = structuredClone(this.#document);
    change(copy);
    return new OpenApi(copy);
  }

  static served(): OpenApi {
    const file = new URL('../../../../functions/portal/openapi.json', import.meta.url);
    return new OpenApi(JSON.parse(readFileSync(file, 'utf8')) as Document);
  }

  /** Undefined when nothing answers there. */
  operation(method: string, path: string): Operation | undefined {
    for (const [template, operations] of Object.entries(this.#document.paths)) {
      const parts = template.split('/');
      const given = path.split('/');
      const fits =
        parts.length === given.length &&
        parts.every((part, i) => (part.startsWith('{') ? given[i] !== '' : part === given[i]));
      const found = operations[method.toLowerCase()];
      if (fits && found !== undefined) return found;
    }
    return undefined;
  }

  parameters(operation: Operation): Parameter[] {
    return (operation.parameters ?? []).map((parameter) => this.#resolve(parameter));
  }

  #resolve<T>(part: T): T {
    const reference = (part as { $ref?: string }).$ref;
    if (reference === undefined) return part;
    const found = reference
      .slice('#/'.length)
      .split('/')
      .reduce<unknown>((at, key) => (at as Record<string, unknown>)[key], this.#document);
    return this.#resolve(found as T);
  }

  /** Follows names of properties; a list's are those of its items, and null is left aside. */
  schema(name: string, ...way: string[]): Schema {
    let at = this.#resolve(this.#document.components.schemas[name] ?? {});
    for (const key of way) {
      at = this.#resolve(this.#choices(at)[0]?.items ?? this.#choices(at)[0] ?? {});
      at = this.#resolve(at.properties?.[key] ?? {});
    }
    return at;
  }

  #choices(schema: Schema): Schema[] {
    return (schema.oneOf ?? [schema]).map((choice) => this.#resolve(choice));
  }

  /**
   * A value that the schema allows: with everything, or with what is required and nothing else. `pick` chooses among
   * an enum's values and other alternatives. Objects report a member that the schema does not have.
   */
  example(schema: Schema, all: boolean, pick: number, unknown: (key: string) => void): unknown {
    const choices = this.#choices(this.#resolve(schema));
    const of = choices[pick % choices.length] as Schema;
    if (of.enum !== undefined) return of.enum[pick % of.enum.length];
    const types = typeof of.type === 'string' ? [of.type] : (of.type ?? []);
    switch (types[pick % types.length]) {
      case 'string':
        return 'text';
      case 'integer':
      case 'number':
        return 7;
      case 'boolean':
        return pick % 2 === 0;
      case 'null':
        return null;
      case 'array':
        return all ? [this.example(of.items ?? {}, all, pick, unknown)] : [];
      case 'object':
        return this.#object(of, all, pick, unknown);
    }
    throw new Error(`no example of ${JSON.stringify(of)}`);
  }

  #object(of: Schema, all: boolean, pick: number, unknown: (key: string) => void): object {
    const names = all ? Object.keys(of.properties ?? {}) : (of.required ?? []);
    const value = Object.fromEntries(
      names.map((name) => [name, this.example(of.properties?.[name] ?? {}, all, pick, unknown)]),
    );
    return new Proxy(value, {
      get(target, key, self) {
        const asked = typeof key === 'string' && key !== 'then'; // await asks every value for that
        if (asked && of.properties !== undefined && !(key in of.properties)) unknown(key);
        return Reflect.get(target, key, self);
      },
    });
  }

  /** What is wrong with a body that is sent; empty when nothing is. */
  faults(schema: Schema, value: unknown, where = 'body'): string[] {
    const of = this.#choices(this.#resolve(schema))[0] as Schema;
    if (of.enum !== undefined) {
      return of.enum.includes(value as string) ? [] : [`${where} has an unknown value`];
    }
    const kind = value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value;
    const kinds = Number.isInteger(value) ? [kind, 'integer'] : [kind];
    if (![of.type].flat().some((type) => kinds.includes(String(type))))
      return [`${where} is ${kind}`];
    if (kind !== 'object') return [];
    const sent = value as Record<string, unknown>;
    return [
      ...(of.required ?? [])
        .filter((name) => !(name in sent))
        .map((name) => `${where} has no ${name}`),
      ...Object.entries(sent).flatMap(([name, inner]) => {
        const member = of.properties?.[name];
        if (of.properties === undefined) return []; // anything may be in it
        return member === undefined ? [`${where} has ${name}`] : this.faults(member, inner, name);
      }),
    ];
  }
}
